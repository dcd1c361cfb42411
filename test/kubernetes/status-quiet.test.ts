import { expect, test, vi } from "vitest";
import { StatusWriter } from "../../operator/apply/write-status.ts";
import { KubeClient } from "../../operator/kubernetes/kube-client.ts";
import { until } from "../devnet/until.ts";
import { startOneSequencer } from "./kit/one-sequencer.ts";

const LOOKS_A_MINUTE = 60;

/** Five looks take five seconds, and the first ones still see writes. */
const QUIET_WITHIN_MS = 60_000;

test("over a quiet minute of looks nothing is written: no status, no child", async () => {
  const looks = vi.spyOn(StatusWriter.prototype, "write");
  const writes = (["apply", "mergePatch", "create", "delete"] as const).map((verb) =>
    vi.spyOn(KubeClient.prototype, verb),
  );
  const written = (): number => writes.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  await using world = await startOneSequencer();
  await world.space.apply(world.manifest());
  await world.ready();
  // The last writes of making it may still be on their way.
  const isQuiet = async (): Promise<true | undefined> => {
    const before = written();
    await moreLooks(5);
    return written() === before ? true : undefined;
  };
  await until("five looks in a row without a write", isQuiet, QUIET_WITHIN_MS);

  const before = written();
  await moreLooks(LOOKS_A_MINUTE);
  expect(written() - before).toBe(0);

  async function moreLooks(count: number): Promise<void> {
    const from = looks.mock.calls.length;
    const enough = async () => (looks.mock.calls.length >= from + count ? true : undefined);
    await until(`${count} looks`, enough, 3_000 * count);
  }
});
