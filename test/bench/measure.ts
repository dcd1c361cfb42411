import { blockBodies, newPayloadOf } from "./bodies.ts";
import { EngineCaller, freshTokens } from "./engine-caller.ts";
import { EXECUTION_CLIENT_MARK, type Upstreams } from "./processes.ts";

/** The calls of one block, by what op-node does. */
export const CALLS = ["FCU with attributes", "getPayload", "newPayload", "FCU"] as const;
type Call = (typeof CALLS)[number];

/** Milliseconds of each call, one entry a block. */
export type Samples = Readonly<Record<Call, number[]>>;

/** Everything that is driven in turn: the direct calls, and each subject by its name. */
export type Driven = { readonly direct: Samples; readonly subjects: ReadonlyMap<string, Samples> };

/**
 * Drives blocks through each subject and, in turn, the same upstream calls directly; each block another one goes first.
 * `warm` is called once the warm-up is over, `progress` after each block.
 */
export async function measure(
  upstreams: Upstreams,
  subjects: ReadonlyMap<string, string>,
  blocks: { readonly warmUp: number; readonly measured: number },
  { warm, progress }: { readonly warm?: () => Promise<void>; readonly progress: (done: number) => void },
): Promise<Driven> {
  await using callers = new AsyncDisposableStack();
  const connect = (url: string): EngineCaller => callers.use(new EngineCaller(url));
  const executionClient = connect(upstreams.executionClient);
  const builders = upstreams.builders.map(connect);
  const through = [...subjects].map(([name, url]) => ({ name, engine: connect(url), samples: emptySamples() }));
  const direct = emptySamples();
  const token = freshTokens();

  const turns = [
    ...through.map(({ engine, samples }) => ({ samples, run: () => oneBlockThrough(engine, token) })),
    {
      samples: direct,
      run: () =>
        oneBlock(executionClient, token, async (payloadId, call) => {
          const [built] = await Promise.all(
            [...builders, executionClient].map((each) => call(each, blockBodies.getPayload(payloadId))),
          );
          if (built === undefined) throw new Error("a bench needs a builder");
          await call(executionClient, newPayloadOf(built));
          return built;
        }),
    },
  ];
  for (let block = 0; block < blocks.warmUp + blocks.measured; block += 1) {
    if (block === blocks.warmUp) await warm?.();
    for (let turn = 0; turn < turns.length; turn += 1) {
      const { samples, run } = turns[(block + turn) % turns.length] ?? never();
      const times = await run();
      if (block >= blocks.warmUp) for (const name of CALLS) samples[name].push(times[name]);
    }
    progress(block + 1);
  }
  return { direct, subjects: new Map(through.map(({ name, samples }) => [name, samples])) };
}

/** Drives blocks through an engine port, and measures nothing. `progress` is called after each block. */
export async function drive(url: string, blocks: number, progress: () => void): Promise<void> {
  await using engine = new EngineCaller(url);
  const token = freshTokens();
  for (let block = 0; block < blocks; block += 1) {
    await oneBlockThrough(engine, token);
    progress();
  }
}

const never = (): never => {
  throw new Error("no turn is left");
};

const PAYLOAD_ID_DIGITS = 16;

/** More than the calls of a block with sixteen builders. */
const TOKENS_A_BLOCK = 24;

type TokenCall = (caller: EngineCaller, body: Buffer) => Promise<Buffer>;

const oneBlockThrough = (engine: EngineCaller, token: () => Promise<string>) =>
  oneBlock(engine, token, (payloadId, call) => call(engine, blockBodies.getPayload(payloadId)));

/** Drives a block through an engine; `getPayload` makes the calls of its step. Fails where it is not the builder's that is wanted. */
export async function oneBlock(
  engine: EngineCaller,
  token: () => Promise<string>,
  getPayload: (payloadId: string, call: TokenCall) => Promise<Buffer>,
  wanted: "builder" | "execution client" = "builder",
): Promise<Record<Call, number>> {
  // Tokens are made before the clock starts.
  const tokens = await Promise.all(Array.from({ length: TOKENS_A_BLOCK }, token));
  const call: TokenCall = (caller, body) => caller.call(body, tokens.pop() ?? "");
  const [withAttributes, started] = await timed(() => call(engine, blockBodies.forkchoiceWithAttributes));
  const payloadId = /"payloadId":"(0x[0-9a-f]+)"/.exec(started.toString("latin1"))?.[1];
  if (payloadId === undefined) throw new Error(`no payload id: ${started.toString().slice(0, 200)}`);
  const [getPayloadMs, answer] = await timed(() => getPayload(payloadId, call));
  const isWanted = isOwnBlock(answer) === (wanted === "execution client");
  if (!isWanted) throw new Error(`what is measured is not the ${wanted}'s block`);
  const body = newPayloadOf(answer);
  const [newPayloadMs] = await timed(() => call(engine, body));
  const [forkchoiceMs] = await timed(() => call(engine, blockBodies.forkchoice(blockHashOf(answer))));
  return {
    "FCU with attributes": withAttributes,
    getPayload: getPayloadMs,
    newPayload: newPayloadMs,
    FCU: forkchoiceMs,
  };
}

const isOwnBlock = (answer: Buffer): boolean =>
  blockHashOf(answer).at(-1 - PAYLOAD_ID_DIGITS) === EXECUTION_CLIENT_MARK;

const blockHashOf = (answer: Buffer): string => {
  const at = answer.indexOf('"blockHash":"') + '"blockHash":"'.length;
  return answer.toString("latin1", at, at + 66);
};

async function timed<T>(run: () => Promise<T>): Promise<readonly [number, T]> {
  const startedMs = performance.now();
  const result = await run();
  return [performance.now() - startedMs, result];
}

const emptySamples = (): Samples => ({ "FCU with attributes": [], getPayload: [], newPayload: [], FCU: [] });

/** The value below which a share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
