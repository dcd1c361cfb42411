import { setImmediate } from "node:timers/promises";
import type { BuilderReply } from "../../../../proxy/builder-answers.ts";
import { byDeadline } from "../../../../proxy/clock.ts";
import { defaultSelection } from "../../../../proxy/contract/config-file.ts";
import type { BuilderState } from "../../../../proxy/contract/status.ts";
import type { OwnPayload } from "../../../../proxy/engine-api/own-payload.ts";
import { type BuilderSample, unknownBuilder } from "../../../../proxy/health/builder-state.ts";
import { type Choice, choosePayload, type Verdict } from "../../../../proxy/selection/choose-payload.ts";
import { ValidationTime } from "../../../../proxy/selection/validation-time.ts";
import { attributesOf, envelopeOf, PARENT } from "../kit/block.ts";
import { ManualClock } from "../kit/manual-clock.ts";

/** One builder of the script: what it gives and when; without `atMs` it gives its answer at once. */
export type ScriptedBuilder = {
  readonly atMs?: number;
  readonly gasUsed?: number;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly reply?: BuilderReply;
  readonly throws?: boolean;
  readonly hangs?: boolean;
  /** Default: healthy. */
  readonly state?: BuilderState;
};

export type Script = {
  readonly builders: Readonly<Record<string, ScriptedBuilder>>;
  readonly selection?: Partial<typeof defaultSelection>;
  /** What the execution client says to each builder's block; VALID unless given. */
  readonly verdicts?: Readonly<Record<string, Verdict>>;
  /** Before those: by what stands in the block itself. */
  readonly verdictOf?: (block: string) => Verdict | undefined;
  readonly validationMs?: number;
  /** Validations of so many milliseconds were measured before. */
  readonly measuredMs?: number;
  readonly own?: OwnPayload;
  /** When the own payload is there; never, where undefined. */
  readonly ownAtMs?: number | undefined;
  /** Hashes handed out for another id; asked with the builders whose blocks went to validation so far. */
  readonly handedOut?: (validated: readonly string[]) => readonly string[];
};

export const DEADLINES = { builder: { atMs: 200 }, decision: { atMs: 500 } };
export const OWN: OwnPayload = {
  extraData: "0x01000000fa0000000600000000000f4240",
  baseFeePerGas: "0xf4240",
  gasUsed: 60_000n,
};

/** The hash of that builder's block. */
export const hashOf = (builder: string): string => `0x${Buffer.from(builder).toString("hex").padEnd(64, "0")}`;

/** Lets a choice run to its end under a manual clock, millisecond by millisecond. */
export async function choosing(script: Script) {
  const clock = new ManualClock();
  const time = new ValidationTime(clock);
  for (let times = 0; times < 30 && script.measuredMs !== undefined; times += 1) time.took(script.measuredMs);
  const passed = <T>(ms: number, value: T): Promise<T> =>
    new Promise((resolve) => (ms <= 0 ? resolve(value) : clock.after(ms, () => resolve(value))));
  const validated: string[] = [];
  const faults: unknown[] = [];
  const samples: (readonly [builder: string, sample: BuilderSample])[] = [];
  const own =
    "ownAtMs" in script && script.ownAtMs === undefined
      ? new Promise<never>(() => {})
      : passed(script.ownAtMs ?? 0, script.own ?? OWN);
  const names = Object.keys(script.builders);

  let ended: { readonly choice: Choice; readonly atMs: number } | undefined;
  void choosePayload(
    {
      payloadId: "0x03",
      parentHash: PARENT,
      parentNumber: 41n,
      builders: {
        kind: "asked",
        attributes: attributesOf(),
        asked: Object.entries(script.builders).map(([name, scripted]) => ({
          answer: Promise.resolve({ kind: "building", payloadId: "0x01" }),
          handle: {
            health: { ...unknownBuilder(0), state: scripted.state ?? "healthy" },
            sample: (sample) => void samples.push([name, sample]),
            config: { name, url: "http://builder", jwtSecretFile: "jwt", forwardTransactions: true },
            getPayload: (_method, _job, deadline) => {
              if (scripted.hangs === true) return byDeadline(clock, deadline, new Promise<never>(() => {}), LATE);
              if (scripted.throws === true) return Promise.reject(new Error("unreadable"));
              return byDeadline(clock, deadline, passed(scripted.atMs ?? 0, replyOf(name, scripted)), LATE);
            },
          },
        })),
      },
    },
    {
      method: "engine_getPayloadV4",
      validate: { method: "engine_newPayloadV4", trailing: ["[]"], withdrawalsRoot: true },
      selection: { ...defaultSelection, ...script.selection },
      graceMs: 30,
    },
    DEADLINES,
    {
      clock,
      chainParams: () => undefined,
      own: (deadline) => byDeadline(clock, deadline, own, undefined),
      validate: (envelope, _version, deadline) => {
        const name = names.find((each) => hashOf(each) === envelope.blockHash) ?? envelope.blockHash;
        validated.push(name);
        const verdict = script.verdictOf?.(envelope.body.toString()) ?? script.verdicts?.[name] ?? { kind: "valid" };
        return byDeadline(clock, deadline, passed(script.validationMs ?? 0, verdict), TOO_LATE);
      },
      fits: (deadline) => time.fits(deadline),
      lastStart: (deadline) => time.lastStart(deadline),
      isHandedOutForAnother: (hash) => script.handedOut?.(validated).includes(hash) ?? false,
      fault: (error) => void faults.push(error),
    },
  ).then((choice) => {
    ended = { choice, atMs: clock.monotonicMs() };
  });
  for (let ms = 0; ended === undefined && ms <= 1_000; ms += 1) {
    await setImmediate();
    if (ended === undefined) clock.advance(1);
  }
  if (ended === undefined) throw new Error("no choice within a second");
  return { ...ended, validated, faults, samples, alarms: clock.alarms };
}

const LATE: BuilderReply = { kind: "no_payload", reason: "builder_late", detail: undefined };
const TOO_LATE: Verdict = { kind: "not_valid", reason: "validation_late", detail: undefined };

const replyOf = (name: string, { gasUsed = 60_000, payload, reply }: ScriptedBuilder): BuilderReply =>
  reply ?? {
    kind: "payload",
    envelope: envelopeOf({ gasUsed: `0x${gasUsed.toString(16)}`, blockHash: hashOf(name), ...payload }),
  };
