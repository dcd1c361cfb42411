import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { blockBodies } from "./bodies.ts";
import { EngineCaller, freshTokens } from "./engine-caller.ts";
import { quantile } from "./measure.ts";

/** op-conductor gives up after 5 s and looks every second; a hundred looks are enough for a longest. */
const LOOKS = 100;
const LOOK_EVERY_MS = 30;

/** Callers that send one call after the other, without a pause: far more than op-node, and what this process can send. */
const CALLERS = 4;

/** How long `/healthz` takes, each time on a new connection as op-conductor asks, while many callers keep the proxy busy. */
export async function healthLatency(proxy: { readonly engine: string; readonly admin: string }): Promise<string> {
  const stop = new AbortController();
  const callers = Array.from({ length: CALLERS }, () => keepBusy(proxy.engine, stop.signal));
  const times: Record<"engine" | "admin", number[]> = { engine: [], admin: [] };
  for (let look = 0; look < LOOKS; look += 1) {
    await sleep(LOOK_EVERY_MS);
    times.engine.push(await timed(`${proxy.engine}/healthz`));
    times.admin.push(await timed(`${proxy.admin}/healthz`));
  }
  stop.abort();
  const calls = (await Promise.all(callers)).reduce((sum, count) => sum + count, 0);
  const shown = (of: readonly number[]): string =>
    [0.5, 0.99]
      .map((share) => quantile(of, share).toFixed(1))
      .concat(Math.max(...of).toFixed(1))
      .join(" / ");
  return `engine ${shown(times.engine)}, admin ${shown(times.admin)}, with ${calls} calls in the meantime`;
}

async function keepBusy(engine: string, signal: AbortSignal): Promise<number> {
  await using caller = new EngineCaller(engine);
  const freshToken = freshTokens();
  let calls = 0;
  while (!signal.aborted) {
    const token = await freshToken();
    await caller.call(blockBodies.forkchoiceWithAttributes, token);
    await caller.call(blockBodies.getPayload("0x0300000000000000"), token);
    calls += 2;
  }
  return calls;
}

async function timed(url: string): Promise<number> {
  const dispatcher = new Agent({ connections: 1, keepAliveTimeout: 1 });
  const startedMs = performance.now();
  const { statusCode, body } = await request(url, { dispatcher });
  await body.dump();
  const tookMs = performance.now() - startedMs;
  await dispatcher.destroy();
  if (statusCode !== 200) throw new Error(`/healthz answered ${statusCode} under load`);
  return tookMs;
}
