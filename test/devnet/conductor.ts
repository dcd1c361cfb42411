import { CallJournal, type RecordedCall } from "./call-journal.ts";
import type { UnsafePayload } from "./execution-payload.ts";
import { type Fault, FaultBook, type Lift } from "./fault-book.ts";
import { JsonRpcError, type JsonRpcMethods, rpcCodes } from "./json-rpc.ts";
import { JsonRpcServer } from "./json-rpc-server.ts";

/** The raft group of all simulated op-conductors: one leader, one committed payload. No elections: leadership moves on command. */
export class Raft {
  readonly members: readonly string[];
  #leader: string | undefined;
  #committed: UnsafePayload | undefined;

  constructor(members: readonly string[]) {
    this.members = members;
    this.#leader = members[0];
  }

  get leader(): string | undefined {
    return this.#leader;
  }

  get committed(): UnsafePayload | undefined {
    return this.#committed;
  }

  /** Undefined: no leader is known. */
  lead(member: string | undefined): void {
    this.#leader = member;
  }

  /** Success means only that nothing higher was committed before (F-3). Throws for a follower. */
  commit(member: string, payload: UnsafePayload): void {
    if (member !== this.#leader) {
      throw new JsonRpcError(rpcCodes.serverError, "failed to apply payload envelope: node is not the leader");
    }
    const highest = BigInt(this.#committed?.executionPayload.blockNumber ?? -1);
    if (BigInt(payload.executionPayload.blockNumber) > highest) this.#committed = payload;
  }
}

export type ConductorOptions = {
  /** Its raft server id, one of the raft's members. */
  readonly name: string;
  readonly raft: Raft;
  /** Default: any free port. */
  readonly port?: number;
};

/** A simulated op-conductor: the methods the operator and op-node call (engine-contract 1.2). */
export type Conductor = AsyncDisposable & {
  readonly name: string;
  readonly url: string;
  calls(method?: string): readonly RecordedCall[];
  /** E.g. `fault("conductor_leader", { result: () => true })` for two leaders at once. */
  fault(method: string, fault: Fault): Lift;
  heal(method?: string): void;
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** C-1. */
const BODY_BYTES_MAX = 5 * 1024 * 1024;

/** Starts a simulated op-conductor on loopback. Rejects with the system's error, e.g. EADDRINUSE. */
export async function startConductor({ name, raft, port = 0 }: ConductorOptions): Promise<Conductor> {
  const journal = new CallJournal();
  const faults = new FaultBook();
  const server = new JsonRpcServer(
    { endpoint: "rpc", port, bodyBytesMax: BODY_BYTES_MAX, gets: { "/healthz": '{"version":"simulated"}' } },
    { methods: conductorMethods(name, raft), faults, journal, now: Date.now },
  );
  await server.start();
  return {
    name,
    url: server.url,
    calls: (method) => journal.calls(method),
    fault: (method, fault) => faults.add(method, fault),
    heal: (method) => faults.heal(method),
    stop: () => server.stop(),
    start: () => server.start(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

const conductorMethods = (name: string, raft: Raft): JsonRpcMethods => ({
  conductor_leader: () => raft.leader === name,
  conductor_leaderWithID: () => ({ id: raft.leader ?? "", addr: addressOf(raft.leader), suffrage: 0 }),
  conductor_active: () => true,
  conductor_paused: () => false,
  conductor_stopped: () => false,
  conductor_sequencerHealthy: () => true,
  conductor_leaderOverridden: () => false,
  conductor_clusterMembership: () => ({
    servers: raft.members.map((id) => ({ id, addr: addressOf(id), suffrage: 0 })),
    version: 1,
  }),
  conductor_commitUnsafePayload: ([payload]) => raft.commit(name, unsafePayloadOf(payload)),
});

const addressOf = (member: string | undefined): string => (member === undefined ? "" : `${member}:50050`);

function unsafePayloadOf(param: unknown): UnsafePayload {
  const payload = param as Partial<UnsafePayload> | null | undefined;
  const { parentBeaconBlockRoot, executionPayload } = payload ?? {};
  if (parentBeaconBlockRoot === undefined || typeof executionPayload?.blockNumber !== "string") {
    throw new JsonRpcError(rpcCodes.invalidParams, "missing value for required argument 0");
  }
  return { parentBeaconBlockRoot, executionPayload };
}
