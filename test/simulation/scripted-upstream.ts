import type { Upstream, UpstreamAnswer, UpstreamCall } from "../../proxy/engine-api/upstream-client.ts";
import type { Block, Envelope } from "../devnet/execution-payload.ts";
import type { ForkRules } from "../devnet/fork.ts";
import { type PayloadFault, payloadFault } from "../devnet/payload-fault.ts";
import type { Dice } from "./dice.ts";
import { idOf, type Journal, methodOf, paramsOf, type UpstreamCallRecord } from "./journal.ts";
import type { ClientAnswer, SimulatedClient } from "./simulated-client.ts";
import type { SimulatedClock } from "./timeline.ts";
import { type CallFault, drawFault, drawLie, type Weather } from "./upstream-faults.ts";

/** One upstream of the world, whoever is connected to it. */
export type Party = {
  readonly client: SimulatedClient;
  readonly isBuilder: boolean;
  readonly rules: ForkRules;
  readonly dice: Dice;
  weather: Weather;
  /** What the next call of such a method meets, whatever the weather. */
  forced: { readonly method: string; readonly fault: CallFault } | undefined;
};

type Notes = Pick<UpstreamCallRecord, "sequencer" | "connection" | "mode" | "config">;

type Dependencies = { readonly clock: SimulatedClock; readonly journal: Journal; readonly notes: () => Notes };

type Settle = (answer: UpstreamAnswer) => void;

/** The longest way of a call's bytes to the upstream. */
const OUT_MS_MAX = 3;

/** A good block, but a sibling of the parent that was named. */
const siblingOfParent = (blockOf: (hash: string) => Block | undefined): PayloadFault => ({
  payload: (payload) => {
    const parent = blockOf(payload.parentHash)?.payload;
    return {
      ...payload,
      parentHash: parent?.parentHash ?? payload.parentHash,
      blockNumber: parent?.blockNumber ?? "0x0",
    };
  },
  reseal: "execution",
});

const UNREACHABLE = (detail: string): UpstreamAnswer => ({ kind: "unreachable", detail });
const answered = (body: string | Buffer, status = 200): UpstreamAnswer => ({
  kind: "answered",
  status,
  headers: { contentType: "application/json" },
  body: Buffer.from(body),
});

/** A proxy's connection to a party, with what the real one promises: it ends by the deadline and repeats what may be repeated. */
export class ScriptedUpstream implements Upstream {
  readonly #party: Party;
  readonly #dependencies: Dependencies;
  readonly #underWay = new Set<Settle>();
  #closed = false;

  constructor(party: Party, dependencies: Dependencies) {
    this.#party = party;
    this.#dependencies = dependencies;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  call(call: UpstreamCall): Promise<UpstreamAnswer> {
    const { clock, journal, notes } = this.#dependencies;
    const record: UpstreamCallRecord = {
      ...notes(),
      upstream: this.#party.client.name,
      isBuilder: this.#party.isBuilder,
      body: call.body,
      atMs: clock.monotonicMs(),
      order: journal.next(),
      deadlineMs: call.deadline.atMs,
      arrivals: [],
      arrivedOrder: undefined,
      end: undefined,
    };
    if (this.#closed) return Promise.resolve(UNREACHABLE("UND_ERR_DESTROYED"));
    journal.upstreamCalls.push(record);
    return new Promise((resolve) => {
      const settle: Settle = (answer) => {
        if (record.end !== undefined) return;
        record.end = { atMs: clock.monotonicMs(), order: journal.next(), answer };
        this.#underWay.delete(settle);
        cancelDeadline();
        resolve(answer);
      };
      const cancelDeadline = clock.after(call.deadline.atMs - clock.monotonicMs(), () => settle({ kind: "late" }));
      this.#underWay.add(settle);
      this.#send(record, settle, call.repeatable === true);
    });
  }

  async close(graceMs = 0): Promise<void> {
    if (graceMs > 0 && this.#underWay.size > 0)
      await new Promise<void>((resolve) => this.#dependencies.clock.after(graceMs, resolve));
    this.#closed = true;
    for (const settle of [...this.#underWay]) settle(UNREACHABLE("UND_ERR_DESTROYED"));
  }

  #send(record: UpstreamCallRecord, settle: Settle, mayRepeat: boolean): void {
    const { dice, weather, client } = this.#party;
    const { clock, journal } = this.#dependencies;
    if (weather.down) {
      clock.after(dice.between(0, 1), () => settle(UNREACHABLE("ECONNREFUSED")));
      return;
    }
    const fault = this.#fault(methodOf(record.body));
    if (fault?.kind === "refused") {
      settle(UNREACHABLE("ECONNREFUSED"));
      return;
    }
    clock.after(dice.between(0, OUT_MS_MAX), () => {
      // Given up meanwhile: the bytes never left, or the connection was broken under them.
      if (record.end !== undefined) return;
      record.arrivals.push(clock.monotonicMs());
      record.arrivedOrder ??= journal.next();
      if (weather.hung || fault?.kind === "hang") return;
      if (fault?.kind === "died" && !fault.workDone) {
        this.#died(record, settle, mayRepeat);
        return;
      }
      if (fault?.kind === "jobs-lost") client.loseJobs();
      const answer = this.#answer(record.body, fault);
      const ms = dice.between(0, weather.answerMsMax) + (fault?.kind === "late" ? fault.ms : 0);
      clock.after(ms, () => (fault?.kind === "died" ? this.#died(record, settle, mayRepeat) : settle(answer)));
    });
  }

  #fault(method: string): CallFault | undefined {
    const { dice, weather, forced, isBuilder } = this.#party;
    if (forced !== undefined && method.startsWith(forced.method)) {
      this.#party.forced = undefined;
      return forced.fault;
    }
    if (method.startsWith("engine_getPayload") && dice.oneIn(weather.liesOneIn)) return drawLie(dice);
    return dice.oneIn(weather.faultOneIn) ? drawFault(dice, method, isBuilder) : undefined;
  }

  #died(record: UpstreamCallRecord, settle: Settle, mayRepeat: boolean): void {
    if (mayRepeat && record.end === undefined && !this.#closed) this.#send(record, settle, false);
    else settle(UNREACHABLE("UND_ERR_SOCKET"));
  }

  #answer(body: Buffer, fault: CallFault | undefined): UpstreamAnswer {
    const { client } = this.#party;
    const honest = client.answer(methodOf(body), paramsOf(body));
    const written = (answer: ClientAnswer): string =>
      JSON.stringify({ jsonrpc: "2.0", id: idOf(body) ?? null, ...answer });
    switch (fault?.kind) {
      case "status":
        return answered("as drawn\n", fault.status);
      case "bytes":
        return answered(fault.body);
      case "error":
        return answered(written({ error: { code: fault.code, message: "as drawn" } }));
      case "result":
        return answered(written({ result: fault.change("result" in honest ? honest.result : undefined) }));
      case "lie":
        return answered(this.#lie(honest, fault, written));
      case "payload-before":
        return answered(written({ result: this.#before(honest) }));
      default:
        return answered(written(honest));
    }
  }

  #lie(
    honest: ClientAnswer,
    { lie }: Extract<CallFault, { kind: "lie" }>,
    written: (answer: ClientAnswer) => string,
  ): string {
    if (!("result" in honest)) return written(honest);
    if ("text" in lie) return lie.text(written(honest));
    const { client, rules } = this.#party;
    const { chain } = client;
    const fault = "sibling" in lie ? siblingOfParent((hash) => chain.block(hash)) : lie;
    const change = payloadFault(fault, rules, (hash) => chain.block(hash)).result;
    return written({ result: change?.(honest.result) ?? honest.result });
  }

  /** The parent of what was asked for, as its own payload. */
  #before(honest: ClientAnswer): unknown {
    if (!("result" in honest)) return null;
    const envelope = honest.result as Envelope;
    const parent = this.#party.client.chain.block(envelope.executionPayload.parentHash);
    return parent === undefined
      ? envelope
      : { ...envelope, executionPayload: parent.payload, parentBeaconBlockRoot: parent.parentBeaconBlockRoot };
  }
}
