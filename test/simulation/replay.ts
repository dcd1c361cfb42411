import { idOf, type Journal, methodOf } from "./journal.ts";

/** The one command that runs a seed's world again and shows all that happens in it. */
export const replayCommand = (seed: number): string => `npm run simulate -- --runs 1 --seed ${seed} --trace`;

/** Longest piece of an answer that a line shows. */
const SHOWN_LENGTH_MAX = 140;

/** All that happened in a run, one line for each thing, in order. */
export function traceOf({
  opNodeCalls,
  upstreamCalls,
  behindCalls,
  confirmed,
  decisions,
  events,
}: Journal): readonly string[] {
  const lines: { readonly atMs: number; readonly order: number; readonly text: string }[] = [];
  const add = (atMs: number, order: number, text: string): void => void lines.push({ atMs, order, text });
  for (const { atMs, order, sequencer, id, method, mode, reply } of opNodeCalls) {
    add(atMs, order, `op-node of ${sequencer} -> ${method} (id ${id}), mode ${mode}`);
    if (reply !== undefined) add(reply.atMs, reply.order, `op-node of ${sequencer} <- id ${id}: ${brief(reply.body)}`);
  }
  for (const { atMs, order, sequencer, upstream, body, end, caller } of [...upstreamCalls, ...behindCalls]) {
    const call = `${methodOf(body)} (id ${idOf(body)})${caller === undefined ? "" : `, ${caller.leadership}`}`;
    add(atMs, order, `  ${sequencer} => ${upstream} ${call}`);
    if (end === undefined) continue;
    const { answer } = end;
    const said = answer.kind === "answered" ? `HTTP ${answer.status} ${brief(answer.body)}` : JSON.stringify(answer);
    add(end.atMs, end.order, `  ${sequencer} <= ${upstream} ${call}: ${said}`);
  }
  for (const { atMs, order, sequencer, config } of confirmed) {
    const builders = config.builders.map(({ name }) => name).join(", ") || "no builder";
    add(atMs, order, `${sequencer} runs revision ${config.revision}: ${config.executionMode}, ${builders}`);
  }
  for (const { atMs, text } of events) add(atMs, 0, `-- ${text}`);
  const sorted = lines.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order);
  return [
    ...sorted.map(({ atMs, text }) => `${String(atMs).padStart(7)} ${text}`),
    ...decisions.map((decision) => `decided: ${JSON.stringify(decision)}`),
  ];
}

const brief = (body: Buffer): string => body.toString("latin1", 0, SHOWN_LENGTH_MAX);
