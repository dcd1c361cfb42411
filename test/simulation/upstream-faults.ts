import type { Dice } from "./dice.ts";
import { LIES, type Lie, ODDITIES } from "./wrong-payloads.ts";

/** What goes wrong with one call. */
export type CallFault =
  | { readonly kind: "late"; readonly ms: number }
  | { readonly kind: "hang" | "refused" }
  /** A kept connection breaks: before the upstream has done the work, or after. */
  | { readonly kind: "died"; readonly workDone: boolean }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "bytes"; readonly body: string }
  | { readonly kind: "error"; readonly code: number }
  | { readonly kind: "result"; readonly change: (result: unknown) => unknown }
  | { readonly kind: "lie"; readonly lie: Lie }
  /** The payload of the job before this one (V-14). */
  | { readonly kind: "payload-before" }
  | { readonly kind: "jobs-lost" };

/** How bad things are at an upstream; `faultOneIn` 0 means never. */
export type Weather = {
  readonly faultOneIn: number;
  /** A builder's payload is a lie once in so many; 0 means never. */
  readonly liesOneIn: number;
  /** The longest it takes for a call when all is well. */
  readonly answerMsMax: number;
  readonly down: boolean;
  readonly hung: boolean;
};

const CALM: Weather = { faultOneIn: 0, liesOneIn: 0, answerMsMax: 4, down: false, hung: false };

/** The weather of a world in which nothing goes wrong. */
export const calmWeather = (): Weather => CALM;

/** Some weather: mostly fair, also storms. An execution client has fewer of them, or there would be no blocks to look at. */
export function drawWeather(dice: Dice, isBuilder: boolean): Weather {
  const liesOneIn = isBuilder ? dice.pick([0, 0, 1, 2]) : 0;
  switch (dice.between(0, isBuilder ? 7 : 15)) {
    case 0:
      return { ...CALM, faultOneIn: 2, answerMsMax: 60 };
    case 1:
      return { ...CALM, faultOneIn: isBuilder ? 3 : 6, answerMsMax: 20 };
    case 2:
      return { ...CALM, answerMsMax: isBuilder ? 400 : 150 };
    case 3:
      return { ...CALM, [dice.pick(["down", "hung"])]: true };
    case 4:
    case 5:
      return { ...CALM, liesOneIn };
    default:
      return { ...CALM, liesOneIn, faultOneIn: isBuilder ? 8 : 40, answerMsMax: 30 };
  }
}

/** A balancer is a process of our own: it tells no lies, but it hangs, is gone or slow as any. */
export const drawBalancerWeather = (dice: Dice): Weather => ({ ...drawWeather(dice, true), liesOneIn: 0 });

const BODIES = [
  "",
  "<html>502 Bad Gateway</html>",
  '{"jsonrpc":"2.0","id":1,"result":{"pay',
  "[]",
  "{}",
  "null",
  `${"[".repeat(200)}${"]".repeat(200)}`,
  '{"jsonrpc":"2.0","id":1,"result":{"payloadStatus":"VALID","payloadId":"0x0102030405060708"}}',
  '{"jsonrpc":"2.0","id":1,"result":true}',
] as const;

/** The fault a call meets, by its method. */
export function drawFault(dice: Dice, method: string, isBuilder: boolean): CallFault {
  if (dice.oneIn(2)) {
    if (method.startsWith("engine_forkchoiceUpdated")) return { kind: "result", change: dice.pick(FORKCHOICE_ANSWERS) };
    if (method.startsWith("engine_newPayload")) return { kind: "result", change: dice.pick(PAYLOAD_ANSWERS) };
    if (method.startsWith("engine_getPayload")) return isBuilder ? payloadFault(dice) : { kind: "jobs-lost" };
  }
  return dice.oneIn(8)
    ? { kind: "error", code: dice.pick([-38001, -38002, -38003, -38005, -32601, -32000]) }
    : drawTransportFault(dice);
}

/** A fault of the way to an upstream, or of its process, whatever it is. */
export function drawTransportFault(dice: Dice): CallFault {
  switch (dice.between(0, 6)) {
    case 0:
      return { kind: "late", ms: dice.between(50, 3_000) };
    case 1:
      return { kind: "hang" };
    case 2:
      return { kind: "refused" };
    case 3:
      return { kind: "died", workDone: dice.oneIn(2) };
    case 4:
      return { kind: "status", status: dice.pick([401, 404, 500, 503]) };
    case 5:
      return { kind: "bytes", body: dice.pick(BODIES) };
    default:
      return { kind: "late", ms: dice.between(50, 500) };
  }
}

/** Some wrong payload. */
export const drawLie = (dice: Dice): CallFault => ({ kind: "lie", lie: dice.pick(LIES) });

function payloadFault(dice: Dice): CallFault {
  switch (dice.between(0, 9)) {
    case 0:
      return { kind: "payload-before" };
    case 1:
      return { kind: "jobs-lost" };
    case 2:
      return { kind: "lie", lie: dice.pick(ODDITIES) };
    default:
      return drawLie(dice);
  }
}

const forkchoice =
  (status: string, payloadId: (before: unknown) => unknown = () => null) =>
  (result: unknown): unknown => {
    const before = (result as { readonly payloadId?: unknown } | undefined)?.payloadId;
    return { payloadStatus: { status, latestValidHash: null, validationError: null }, payloadId: payloadId(before) };
  };

const FORKCHOICE_ANSWERS: readonly [(result: unknown) => unknown, ...((result: unknown) => unknown)[]] = [
  forkchoice("SYNCING"),
  forkchoice("SYNCING", (before) => before),
  forkchoice("ACCEPTED"),
  forkchoice("INVALID"),
  forkchoice("VALID"),
  forkchoice("VALID", () => '0x"},{'),
  forkchoice("VALID", () => `0x${"0".repeat(5_000)}`),
  forkchoice("VALID", () => 7),
  forkchoice("", (before) => before),
  () => null,
];

const judged = (status: unknown) => (): unknown => ({
  status,
  latestValidHash: null,
  validationError: status === "INVALID" ? "as drawn" : null,
});

const PAYLOAD_ANSWERS: readonly [(result: unknown) => unknown, ...((result: unknown) => unknown)[]] = [
  judged("INVALID"),
  judged("INVALID"),
  judged("INVALID_BLOCK_HASH"),
  judged("SYNCING"),
  judged("ACCEPTED"),
  judged("valid"),
  judged(null),
  () => null,
];
