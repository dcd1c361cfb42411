import { readFile } from "node:fs/promises";
import { drive as driveBlocks } from "./measure.ts";
import { startMockUpstreams, startProxyProcess } from "./processes.ts";

const PAYLOAD_BYTES = 100 * 1024;

/** Blocks until the memory of a fresh process has settled. */
const WARM_UP_BLOCKS = 2_000;

/** Looks at the proxy's memory after the warm-up. */
const LOOKS = 20;

/** What the proxy is like over many blocks of 100 KiB: its memory after the warm-up and at most, and how long its event loop was held up. */
export async function soak(
  blocks: number,
  dir: string,
  progress: (done: number) => void,
): Promise<{ readonly rssMiB: readonly number[]; readonly eventLoopDelayP99Ms: number }> {
  await using upstreams = await startMockUpstreams({ payloadBytes: PAYLOAD_BYTES, builders: 1 });
  await using proxy = await startProxyProcess(upstreams, dir);
  const rssMiB: number[] = [];
  let done = 0;
  const drive = (count: number): Promise<void> =>
    driveBlocks(proxy.engine, count, () => {
      done += 1;
      progress(done);
    });
  await drive(WARM_UP_BLOCKS);
  rssMiB.push(await rssOf(proxy.child.pid));
  for (let look = 0; look < LOOKS; look += 1) {
    await drive(Math.ceil(blocks / LOOKS));
    rssMiB.push(await rssOf(proxy.child.pid));
  }
  const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
  const lagMs = (which: string): number =>
    Number(new RegExp(`^nodejs_eventloop_lag_${which}_seconds (\\S+)$`, "m").exec(metrics)?.[1]) * 1_000;
  // The monitor's own interval is in all of its figures.
  return { rssMiB, eventLoopDelayP99Ms: lagMs("p99") - lagMs("min") };
}

async function rssOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
}
