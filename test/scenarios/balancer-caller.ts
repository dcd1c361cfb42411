import { SignJWT } from "jose";
import type { CallerClaims } from "../../proxy/engine-api/caller-claims.ts";
import type { Envelope } from "../devnet/execution-payload.ts";
import { jwtKey } from "../devnet/jwt.ts";
import { l1InfoDeposit, nextAttributes } from "../devnet/next-attributes.ts";
import type { PayloadAttributes } from "../devnet/payload-attributes.ts";
import type { BalancerWorld } from "./balancer-world.ts";
import { call, post } from "./http-calls.ts";

/** What a balancer says to an FCU. */
type ForkchoiceAnswer = {
  readonly payloadStatus: { readonly status: string; readonly validationError: string | null };
  readonly payloadId: string | null;
};

type RpcAnswer<Result> = {
  readonly result?: Result;
  readonly error?: { readonly code: number; readonly message: string };
};

/** A sequencer's proxy as a balancer sees it: calls with a token that says who asks. */
export type BalancerCaller = {
  /** FCU on the builders' head; without attributes where none are given. */
  ask(attributes?: PayloadAttributes): Promise<ForkchoiceAnswer>;
  getPayload(payloadId: string | null): Promise<RpcAnswer<Envelope>>;
  /** Any call, with its answer's JSON. */
  call(method: string, params?: readonly unknown[]): Promise<RpcAnswer<unknown>>;
};

/** Calls the first balancer of a world. */
export function balancerCaller(world: BalancerWorld, claims: Partial<CallerClaims> = {}): BalancerCaller {
  const send = async (method: string, params: readonly unknown[] = []): Promise<RpcAnswer<unknown>> => {
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuedAt()
      .sign(jwtKey(world.balancerSecret));
    const answer = await post(world.balancer(0).url, call(method, params), { authorization: `Bearer ${token}` });
    return answer.json() as RpcAnswer<unknown>;
  };
  const headBlockHash = (): string => headOf(world).payload.blockHash;
  return {
    call: send,
    ask: async (attributes) => {
      const state = {
        headBlockHash: headBlockHash(),
        safeBlockHash: headBlockHash(),
        finalizedBlockHash: headBlockHash(),
      };
      const { result } = await send("engine_forkchoiceUpdatedV3", [state, attributes ?? null]);
      return result as ForkchoiceAnswer;
    },
    getPayload: async (payloadId) => (await send("engine_getPayloadV4", [payloadId])) as RpcAnswer<Envelope>,
  };
}

/** Attributes for the next block of the builders' head; another L1 origin has another first transaction. */
export function attributesWith(world: BalancerWorld, l1Origin: bigint, laterS = 0): PayloadAttributes {
  const { payload } = headOf(world);
  const timestampS = Number(payload.timestamp);
  const parent = { hash: payload.blockHash, number: BigInt(payload.blockNumber), timestampS };
  return {
    ...nextAttributes(parent, Math.ceil(Date.now() / 1_000) + 3_600 + laterS, "jovian"),
    transactions: [l1InfoDeposit(l1Origin)],
  };
}

function headOf({ devnet }: BalancerWorld) {
  const [builder] = devnet.builders;
  if (builder === undefined) throw new Error("a world has builders");
  return builder.head();
}

/** The attributes of all jobs a builder was asked for, oldest first, as it got them. */
export const jobsAt = (world: BalancerWorld, builder: string): readonly string[] =>
  world.devnet
    .builder(builder)
    .calls("engine_forkchoiceUpdatedV3")
    .filter(({ params }) => params[1] !== null)
    .map(({ params }) => String((params[1] as PayloadAttributes).transactions?.[0]));
