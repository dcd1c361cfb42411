import type { ProxyStatus } from "../../../proxy/contract/status.ts";
import type { WatchedProxy } from "./proxy-watch.ts";
import type { Paint } from "./screen.ts";
import type { ShownBlock } from "./shown-block.ts";

const DETAIL_LENGTH_MAX = 60;

/** The heading of the block lines. */
export const blockHeading = (paint: Paint): string =>
  paint("dim", row(["block", "leader", "built by", "txs", "getPayload", "head at slot", ""]));

/** One block: who led, who built it, how long getPayload took, when it was the head, why it fell back. */
export function blockLine(block: ShownBlock, paint: Paint): string {
  const style = block.missed || block.disputed ? "red" : block.source === "builder" ? "green" : "yellow";
  return paint(
    style,
    row([
      String(block.number),
      block.sequencer,
      block.builder ?? "execution client",
      String(block.transactions),
      milliseconds(block.getPayloadMs),
      `${block.lateMs > 0 ? "+" : ""}${milliseconds(block.lateMs)}`,
      [block.missed ? "MISSED" : "", block.disputed ? "the proxy says otherwise" : "", reasonText(block)]
        .filter((text) => text !== "")
        .join(", "),
    ]),
  );
}

function reasonText({ fallbackReason, detail, source }: ShownBlock): string {
  if (source === "builder") return "";
  if (fallbackReason === undefined) return "the proxy gave no reason";
  return detail === undefined ? fallbackReason : `${fallbackReason}: ${detail.slice(0, DETAIL_LENGTH_MAX)}`;
}

const row = ([
  number = "",
  leader = "",
  by = "",
  txs = "",
  took = "",
  slot = "",
  why = "",
]: readonly string[]): string =>
  `${number.padStart(6)}  ${leader.padEnd(12)} ${by.padEnd(17)} ${txs.padStart(4)} ${took.padStart(11)} ${slot.padStart(13)}  ${why}`.trimEnd();

/** Whole milliseconds. */
export const milliseconds = (ms: number): string => `${Math.round(ms)} ms`;

/** The panel's line for one sequencer: leader or follower, its proxy, its builder. */
export function proxyLine({ sequencer, status }: WatchedProxy, leader: string | undefined, paint: Paint): string {
  const role = sequencer === leader ? paint("bold", "leader  ") : paint("dim", "follower");
  if (status === undefined) return `  ${sequencer.padEnd(12)} ${role}  ${paint("red", "proxy does not answer")}`;
  const mode = status.executionMode === "enabled" ? "enabled" : paint("red", "disabled");
  const ready = status.ready ? `revision ${status.revision}` : paint("yellow", "not ready");
  return `  ${sequencer.padEnd(12)} ${role}  ${ready}, ${mode}   ${builderText(status, paint)}`;
}

function builderText({ builders, executionMode }: ProxyStatus, paint: Paint): string {
  return builders
    .map(({ name, state, reason }) => {
      const text = `${name} ${state}${reason === undefined ? "" : `: ${reason.slice(0, DETAIL_LENGTH_MAX)}`}`;
      if (executionMode === "disabled") return paint("dim", text);
      return paint(state === "healthy" ? "green" : state === "silent" ? "red" : "yellow", text);
    })
    .join(", ");
}
