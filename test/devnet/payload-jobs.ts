import type { Envelope } from "./execution-payload.ts";
import { JsonRpcError, rpcCodes } from "./json-rpc.ts";

/** op-geth keeps the last ten (E-17). */
const JOBS_KEPT = 10;

/** A client's payload jobs by id: the last ten, gone when the client stops. */
export class PayloadJobs {
  #envelopes = new Map<string, Envelope>();

  has(id: string): boolean {
    return this.#envelopes.has(id);
  }

  keep(id: string, envelope: Envelope): void {
    this.#envelopes.set(id, envelope);
    if (this.#envelopes.size > JOBS_KEPT) this.#envelopes.delete(this.#envelopes.keys().next().value ?? "");
  }

  /** The payload of a job, the same each time. Throws -38001. */
  envelope(id: unknown): Envelope {
    const envelope = typeof id === "string" ? this.#envelopes.get(id) : undefined;
    if (envelope === undefined) throw new JsonRpcError(rpcCodes.unknownPayload, "Unknown payload");
    return envelope;
  }

  forget(): void {
    this.#envelopes = new Map();
  }
}
