import { CallGate, type Place } from "../../proxy/engine-api/call-gate.ts";
import type { CallerClaims } from "../../proxy/engine-api/caller-claims.ts";
import type { Upstream, UpstreamAnswer, UpstreamCall } from "../../proxy/engine-api/upstream-client.ts";
import type { Host } from "./host.ts";
import { type Journal, methodOf, type UpstreamCallRecord } from "./journal.ts";
import { inPlace, partyAnswer } from "./party-answer.ts";
import type { SimulatedClock } from "./timeline.ts";
import { type CallFault, drawFault, drawLie, drawTransportFault } from "./upstream-faults.ts";

type Notes<Config> = Pick<UpstreamCallRecord<Config>, "sequencer" | "connection" | "mode" | "config">;

type Dependencies<Config> = {
  readonly clock: SimulatedClock;
  readonly journal: Journal;
  /** Where the calls are written down. */
  readonly calls: UpstreamCallRecord<Config>[];
  readonly notes: () => Notes<Config>;
  /** What balancers are told of the caller. */
  readonly caller: () => CallerClaims;
  /** Calls under way at once; the others wait in their order. */
  readonly connectionsMax: number;
};

type Settle = (answer: UpstreamAnswer) => void;

/** The longest way of a call's bytes to the upstream. */
const OUT_MS_MAX = 3;

const UNREACHABLE = (detail: string): UpstreamAnswer => ({ kind: "unreachable", detail });

/** As many as the real one lets wait. */
const WAITING = { waitingMax: 1_024, waitingBytesMax: 64 * 1024 * 1024 };

/** A proxy's connection to a party, with what the real one promises: it ends by the deadline and repeats what may be repeated. */
export class ScriptedUpstream<Config> implements Upstream {
  readonly #party: Host;
  readonly #dependencies: Dependencies<Config>;
  readonly #gate: CallGate | undefined;
  readonly #underWay = new Set<Settle>();
  #closed = false;

  constructor(party: Host, dependencies: Dependencies<Config>) {
    this.#party = party;
    this.#dependencies = dependencies;
    const { connectionsMax, clock } = dependencies;
    this.#gate = party.isBuilder ? new CallGate({ underWayMax: connectionsMax, ...WAITING }, clock) : undefined;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  call(call: UpstreamCall): Promise<UpstreamAnswer> {
    const place = this.#gate?.enter(call.body.length, call.deadline);
    if (place === undefined) return this.#leave(call);
    return place instanceof Promise ? place.then((given) => this.#enter(call, given)) : this.#enter(call, place);
  }

  async close(graceMs = 0): Promise<void> {
    if (graceMs > 0 && this.#underWay.size > 0)
      await new Promise<void>((resolve) => this.#dependencies.clock.after(graceMs, resolve));
    this.#closed = true;
    this.#gate?.close();
    for (const settle of [...this.#underWay]) settle(UNREACHABLE("UND_ERR_DESTROYED"));
  }

  #enter(call: UpstreamCall, place: Place): Promise<UpstreamAnswer> {
    if (place.kind === "late") return Promise.resolve(place);
    if (place.kind !== "entered") return Promise.resolve(UNREACHABLE(place.kind));
    if (call.deadline.atMs > this.#dependencies.clock.monotonicMs() && call.isWanted?.() !== false) {
      return this.#leave(call).finally(place.leave);
    }
    place.leave();
    return Promise.resolve({ kind: "late" });
  }

  #leave(call: UpstreamCall): Promise<UpstreamAnswer> {
    const { clock, journal, calls, notes, caller } = this.#dependencies;
    if (this.#closed) return Promise.resolve(UNREACHABLE("UND_ERR_DESTROYED"));
    const record: UpstreamCallRecord<Config> = {
      ...notes(),
      upstream: this.#party.name,
      isBuilder: this.#party.isBuilder,
      body: call.body,
      atMs: clock.monotonicMs(),
      order: journal.next(),
      deadlineMs: call.deadline.atMs,
      arrivals: [],
      arrivedOrder: undefined,
      end: undefined,
      caller: "serve" in this.#party ? caller() : undefined,
    };
    calls.push(record);
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

  #send(record: UpstreamCallRecord<Config>, settle: Settle, mayRepeat: boolean): void {
    const party = this.#party;
    const { dice, weather } = party;
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
      const ms = dice.between(0, weather.answerMsMax) + (fault?.kind === "late" ? fault.ms : 0);
      const answers = (answer: UpstreamAnswer | undefined): void =>
        void clock.after(ms, () =>
          fault?.kind === "died" || answer === undefined ? this.#died(record, settle, mayRepeat) : settle(answer),
        );
      if (!("serve" in party)) {
        if (fault?.kind === "jobs-lost") party.client.loseJobs();
        answers(partyAnswer(party, record.body, fault));
      } else if (record.caller !== undefined) {
        void party.serve(record.body, record.caller).then((body) => answers(body && inPlace(body, fault)));
      }
    });
  }

  #fault(method: string): CallFault | undefined {
    const { dice, weather, forced, isBuilder } = this.#party;
    if (forced !== undefined && method.startsWith(forced.method)) {
      this.#party.forced = undefined;
      return forced.fault;
    }
    if ("serve" in this.#party) return dice.oneIn(weather.faultOneIn) ? drawTransportFault(dice) : undefined;
    if (method.startsWith("engine_getPayload") && dice.oneIn(weather.liesOneIn)) return drawLie(dice);
    return dice.oneIn(weather.faultOneIn) ? drawFault(dice, method, isBuilder) : undefined;
  }

  #died(record: UpstreamCallRecord<Config>, settle: Settle, mayRepeat: boolean): void {
    if (mayRepeat && record.end === undefined && !this.#closed) this.#send(record, settle, false);
    else settle(UNREACHABLE("UND_ERR_SOCKET"));
  }
}
