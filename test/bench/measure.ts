import { blockBodies, newPayloadOf } from "./bodies.ts";
import { EngineCaller, freshToken } from "./engine-caller.ts";

/** The calls of one block, by what op-node does. */
export const CALLS = ["FCU with attributes", "getPayload", "newPayload", "FCU"] as const;
type Call = (typeof CALLS)[number];

/** Milliseconds of each call, one entry a block. */
export type Samples = Readonly<Record<Call, number[]>>;

export type Endpoints = { readonly proxy: string; readonly executionClient: string; readonly builder: string };

/** Drives blocks through the proxy and, in turn, the same upstream calls directly. `progress` is called after each block. */
export async function measure(
  endpoints: Endpoints,
  blocks: { readonly warmUp: number; readonly measured: number },
  progress: (done: number) => void,
): Promise<{ readonly proxy: Samples; readonly direct: Samples }> {
  await using proxy = new EngineCaller(endpoints.proxy);
  await using executionClient = new EngineCaller(endpoints.executionClient);
  await using builder = new EngineCaller(endpoints.builder);
  const samples = { proxy: emptySamples(), direct: emptySamples() };
  let unique = 0;
  const token = (): Promise<string> => freshToken(unique++);

  for (let block = 0; block < blocks.warmUp + blocks.measured; block += 1) {
    const viaProxy = await oneBlock(proxy, token, async (payloadId, call) =>
      call(proxy, blockBodies.getPayload(payloadId)),
    );
    const direct = await oneBlock(executionClient, token, async (payloadId, call) => {
      const [, built] = await Promise.all([
        call(executionClient, blockBodies.getPayload(payloadId)),
        call(builder, blockBodies.getPayload(payloadId)),
      ]);
      await call(executionClient, newPayloadOf(built));
      return built;
    });
    if (block >= blocks.warmUp) {
      for (const name of CALLS) {
        samples.proxy[name].push(viaProxy[name]);
        samples.direct[name].push(direct[name]);
      }
    }
    progress(block + 1);
  }
  return samples;
}

type TokenCall = (caller: EngineCaller, body: Buffer) => Promise<Buffer>;

async function oneBlock(
  engine: EngineCaller,
  token: () => Promise<string>,
  getPayload: (payloadId: string, call: TokenCall) => Promise<Buffer>,
): Promise<Record<Call, number>> {
  // Tokens are made before the clock starts.
  const tokens = await Promise.all([token(), token(), token(), token(), token(), token()]);
  const call: TokenCall = (caller, body) => caller.call(body, tokens.pop() ?? "");
  const [withAttributes, started] = await timed(() => call(engine, blockBodies.forkchoiceWithAttributes));
  const payloadId = /"payloadId":"(0x[0-9a-f]+)"/.exec(started.toString("latin1"))?.[1];
  if (payloadId === undefined) throw new Error(`no payload id: ${started.toString().slice(0, 200)}`);
  const [getPayloadMs, answer] = await timed(() => getPayload(payloadId, call));
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
