import { setTimeout as sleep } from "node:timers/promises";
import type { Reaction } from "./block-failure.ts";
import type { SealedBlock, StartedBlock } from "./sequenced-block.ts";

/** `--sequencer.sealing-duration` (engine-contract 2.3). */
const SEALING_MS = 50;

/** The steps of a block, and what to do when one rejects. */
export type SequencingSteps = {
  readonly start: () => Promise<StartedBlock>;
  readonly seal: (started: StartedBlock) => Promise<SealedBlock>;
  readonly insert: (sealed: SealedBlock) => Promise<unknown>;
  /** Rethrows what is no BlockFailure. */
  readonly react: (error: unknown) => Reaction;
  readonly now: () => number;
};

/** Block after block in time with the clock until stopped; a block already asked for by getPayload is finished first (C-15). */
export async function sequence(steps: SequencingSteps, stop: AbortSignal): Promise<void> {
  let started: StartedBlock | undefined;
  while (!stop.aborted) {
    try {
      started ??= await steps.start();
      const sealAtMs = Number(started.attributes.timestamp) * 1000 - SEALING_MS;
      await sleep(Math.max(0, sealAtMs - steps.now()), undefined, { signal: stop });
      await steps.insert(await steps.seal(started));
      started = undefined;
    } catch (error) {
      if (stop.aborted) return;
      const { keepJob, waitMs } = steps.react(error);
      if (!keepJob) started = undefined;
      await sleep(waitMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}
