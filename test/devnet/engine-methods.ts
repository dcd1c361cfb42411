import { buildPayload } from "./build-payload.ts";
import type { Chain, ForkchoiceState, PayloadStatus } from "./chain.ts";
import type { ForkRules } from "./fork.ts";
import { JsonRpcError, type JsonRpcMethod, type JsonRpcMethods, rpcCodes } from "./json-rpc.ts";
import { attributesOf, payloadIdOf } from "./payload-attributes.ts";
import type { PayloadJobs } from "./payload-jobs.ts";
import type { TransactionPool } from "./transaction-pool.ts";
import { payloadOf } from "./validate-payload.ts";

export type EngineDependencies = {
  readonly chain: Chain;
  readonly jobs: PayloadJobs;
  readonly pool: TransactionPool;
  readonly rules: ForkRules;
  readonly payloadIdSalt: string;
  readonly clientName: string;
  /** Told which block the client lacks when it answers SYNCING, so that it can ask its peers. */
  readonly lacks: (hash: string, head: boolean) => void;
};

const unsupportedFork: JsonRpcMethod = () => {
  throw new JsonRpcError(rpcCodes.unsupportedFork, "Unsupported fork");
};

/** The Engine API of a simulated client: the versions of its fork, the other known ones answer -38005 (E-11). */
export function engineMethods(dependencies: EngineDependencies): JsonRpcMethods {
  const { rules } = dependencies;
  const getPayload: JsonRpcMethod = ([id]) => dependencies.jobs.envelope(id);
  const newPayload: JsonRpcMethod = (params) => answerNewPayload(dependencies, params);
  const forkchoiceUpdated: JsonRpcMethod = (params) => answerForkchoiceUpdated(dependencies, params);
  const methods: JsonRpcMethods = {
    engine_forkchoiceUpdatedV1: unsupportedFork,
    engine_forkchoiceUpdatedV2: unsupportedFork,
    engine_forkchoiceUpdatedV3: forkchoiceUpdated,
    engine_getPayloadV2: unsupportedFork,
    engine_getPayloadV3: rules.getPayload === 3 ? getPayload : unsupportedFork,
    engine_getPayloadV4: rules.getPayload === 4 ? getPayload : unsupportedFork,
    engine_getPayloadV5: rules.getPayload === 5 ? getPayload : unsupportedFork,
    engine_newPayloadV2: unsupportedFork,
    engine_newPayloadV3: rules.newPayload === 3 ? newPayload : unsupportedFork,
    engine_newPayloadV4: rules.newPayload === 4 ? newPayload : unsupportedFork,
    engine_getClientVersionV1: () => [
      { code: "GE", name: dependencies.clientName, version: "1.0.0", commit: "00000000" },
    ],
  };
  return { ...methods, engine_exchangeCapabilities: () => Object.keys(methods) };
}

function answerForkchoiceUpdated(dependencies: EngineDependencies, params: readonly unknown[]): unknown {
  const { chain, jobs, pool, rules, lacks } = dependencies;
  const state = forkchoiceStateOf(params[0]);
  const before = chain.head;
  const payloadStatus = chain.forkchoiceUpdated(state);
  if (chain.head !== before) pool.included(chain.head);
  if (payloadStatus.status === "SYNCING") lacks(state.headBlockHash, true);
  const head = chain.block(state.headBlockHash);
  const asked = params[1];
  if (payloadStatus.status !== "VALID" || asked === null || asked === undefined || head === undefined) {
    return { payloadStatus, payloadId: null };
  }
  const attributes = attributesOf(asked, BigInt(head.payload.timestamp), rules);
  const payloadId = payloadIdOf(head.payload.blockHash, attributes, dependencies.payloadIdSalt);
  if (!jobs.has(payloadId)) {
    const own = pool.forBlock(BigInt(head.payload.blockNumber) + 1n);
    jobs.keep(payloadId, buildPayload(head, attributes, own, rules));
  }
  return { payloadStatus, payloadId };
}

function answerNewPayload(dependencies: EngineDependencies, params: readonly unknown[]): PayloadStatus {
  const payload = payloadOf(params[0]);
  const [, blobHashes, parentBeaconBlockRoot, requests] = params;
  if (typeof parentBeaconBlockRoot !== "string") {
    throw new JsonRpcError(rpcCodes.invalidParams, "nil parentBeaconBlockRoot post-cancun");
  }
  if (!Array.isArray(blobHashes)) throw new JsonRpcError(rpcCodes.invalidParams, "nil versionedHashes post-cancun");
  if (dependencies.rules.newPayload > 3 && !Array.isArray(requests)) {
    throw new JsonRpcError(rpcCodes.invalidParams, "nil executionRequests post-prague");
  }
  if (blobHashes.length > 0 || (Array.isArray(requests) && requests.length > 0)) {
    return { status: "INVALID", latestValidHash: null, validationError: "blob hashes or requests are not empty" };
  }
  const status = dependencies.chain.newPayload({ payload, parentBeaconBlockRoot });
  if (status.status === "SYNCING") dependencies.lacks(payload.parentHash, false);
  return status;
}

function forkchoiceStateOf(param: unknown): ForkchoiceState {
  const state = param as Partial<ForkchoiceState> | null | undefined;
  if (
    typeof state?.headBlockHash !== "string" ||
    typeof state.safeBlockHash !== "string" ||
    typeof state.finalizedBlockHash !== "string"
  ) {
    throw new JsonRpcError(rpcCodes.invalidParams, "invalid argument 0: not a forkchoice state");
  }
  return {
    headBlockHash: state.headBlockHash,
    safeBlockHash: state.safeBlockHash,
    finalizedBlockHash: state.finalizedBlockHash,
  };
}
