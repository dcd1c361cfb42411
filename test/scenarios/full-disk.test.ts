import { symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { setMode } from "./set-mode.ts";
import { startWorld, type World } from "./world.ts";

const shutOff = { mode: "disabled", who: "alice", why: "bad blocks" };

/** From now on what the state folder should keep meets a disk without room. */
async function fillDisk(world: World, file: string): Promise<() => Promise<void>> {
  const next = join(world.dir, "state", `${file}.next`);
  await symlink("/dev/full", next);
  return () => unlink(next);
}

test.concurrent("a full disk does not refuse the admin's shut-off: it counts, and the answer and /status say that it is not kept", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const makeRoom = await fillDisk(world, "execution-mode.json");
  const notKept = expect.stringMatching(/^execution-mode.json in the state folder: E[A-Z]+$/);
  expect(await setMode(world, shutOff)).toMatchObject({ status: 200, body: { effective: "disabled", notKept } });
  expect((await world.status()).executionModeHands).toMatchObject({ notKept });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  await makeRoom();
  expect((await setMode(world, shutOff)).body).not.toHaveProperty("notKept");
});

test.concurrent("a full disk refuses a pushed document, which a restart would lose, but its shut-off counts until it can be kept", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const makeRoom = await fillDisk(world, "config.json");
  expect(await world.push({ executionMode: "disabled" })).toMatchObject({
    outcome: "refused",
    revision: 1,
    problems: [{ found: expect.stringContaining("config.json in the state folder: E") }],
  });
  expect(await world.status()).toMatchObject({
    revision: 1,
    executionMode: "disabled",
    executionModeHands: { config: "disabled", notKept: expect.stringContaining("config.json") },
  });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await world.push({ executionMode: "enabled" })).toMatchObject({ outcome: "refused" });
  expect((await world.status()).executionMode).toBe("disabled");
  const again = await world.put(JSON.stringify({ ...world.config(), revision: 3 }));
  expect([again.status, again.json()]).toMatchObject([
    503,
    {
      notKept: expect.stringMatching(/^config.json in the state folder: E[A-Z]+$/),
      problems: [{ allowed: "room to write it; then again" }],
    },
  ]);
  const wrong = await world.put(JSON.stringify({ ...world.config(), revision: 3, timing: {} }));
  expect([wrong.status, wrong.json()]).toMatchObject([400, { outcome: "refused" }]);
  expect(wrong.json()).not.toHaveProperty("notKept");
  await makeRoom();
  expect(await world.push({ executionMode: "enabled" })).toMatchObject({ outcome: "accepted", revision: 4 });
  expect((await world.status()).executionModeHands).toEqual({ config: "enabled" });
});

test.concurrent("a full disk does not keep a proxy from starting, and op-node from its execution client", async () => {
  await using world = await startWorld();
  world.builder.peerWith(world.executionClient);
  for (const file of ["listening.json", "config.json", "execution-mode.json"]) await fillDisk(world, file);
  await world.restartProxy();
  expect((await world.opNode.buildBlock()).builtBy).toBeDefined();
  await world.builderBlock();
});
