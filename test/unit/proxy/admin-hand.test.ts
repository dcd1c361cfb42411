import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AdminHandKeeper } from "../../../proxy/admin-hand.ts";
import type { ExecutionMode } from "../../../proxy/contract/config-file.ts";
import { until } from "../../devnet/until.ts";
import { ManualClock } from "./kit/manual-clock.ts";

/** A state folder, a clock, and keepers as processes one after the other have them. */
async function startFolder() {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-admin-hand-"));
  const clock = new ManualClock();
  const taken: ExecutionMode[] = [];
  const path = join(dir, "execution-mode.json");
  return {
    dir,
    clock,
    taken,
    path,
    started: async () => {
      const keeper = new AdminHandKeeper(dir, { clock, taken: ({ mode }) => void taken.push(mode) });
      await keeper.load();
      return keeper;
    },
    onDisk: async () => JSON.parse(await readFile(path, "utf8")),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

const shutOff = { mode: "disabled", who: "alice", why: "bad blocks" };

test("who, when and why are kept and survive a restart", async () => {
  await using folder = await startFolder();
  const keeper = await folder.started();
  expect(keeper.hand).toBeUndefined();
  expect(await keeper.set(shutOff)).toEqual([]);
  const held = { ...shutOff, when: new Date(folder.clock.nowMs()).toISOString() };
  expect([keeper.hand, keeper.notKept]).toEqual([held, undefined]);
  expect((await folder.started()).hand).toEqual(held);
});

test("a mode counts at once, before anything is written", async () => {
  await using folder = await startFolder();
  const keeper = await folder.started();
  const done = keeper.set(shutOff);
  expect([folder.taken, keeper.hand?.mode, keeper.notKept]).toEqual([["disabled"], "disabled", "not written yet"]);
  await done;
});

test("of modes set at once the last counts and is on disk", async () => {
  await using folder = await startFolder();
  const keeper = await folder.started();
  const modes = ["disabled", "dry_run", "enabled", "disabled", "dry_run"];
  await Promise.all(modes.map((mode) => keeper.set({ mode })));
  expect([keeper.hand?.mode, (await folder.onDisk()).mode, keeper.notKept]).toEqual(["dry_run", "dry_run", undefined]);
});

test("a disk that cannot be written does not refuse a shut-off; it is written as soon as it can", async () => {
  await using folder = await startFolder();
  await mkdir(`${folder.path}.next`);
  const keeper = await folder.started();
  expect(await keeper.set(shutOff)).toEqual([]);
  expect([keeper.hand?.mode, keeper.notKept]).toEqual(["disabled", "execution-mode.json in the state folder: EISDIR"]);
  await rmdir(`${folder.path}.next`);
  folder.clock.advance(5_000);
  await until("the mode on disk", () => keeper.notKept === undefined || undefined);
  expect(await folder.onDisk()).toMatchObject(shutOff);
  expect(folder.clock.alarms).toBe(0);
});

test("a disk that hangs holds the answer for a second, and the mode for no time at all", async () => {
  await using folder = await startFolder();
  execFileSync("mkfifo", [`${folder.path}.next`]);
  const keeper = await folder.started();
  const done = keeper.set(shutOff);
  expect(keeper.hand?.mode).toBe("disabled");
  await until("the write to begin", () => folder.clock.alarms === 1 || undefined);
  folder.clock.advance(1_000);
  expect(await done).toEqual([]);
  expect(keeper.notKept).toBe("execution-mode.json is not written within a second");
  keeper.close();
  expect(folder.clock.alarms).toBe(0);
  await readFile(`${folder.path}.next`).catch(() => undefined);
});

test.each([
  ["cut short", '{"mode":"disab'],
  ["of another shape", '{"mode":"paused","who":"a newer proxy"}'],
])("what is kept and %s may be a shut-off, so it is taken for one", async (_, text) => {
  await using folder = await startFolder();
  await writeFile(folder.path, text);
  const keeper = await folder.started();
  expect(keeper.hand).toMatchObject({ mode: "disabled", why: expect.stringContaining("execution-mode.json") });
  await keeper.set({ mode: "enabled" });
  expect((await folder.started()).hand?.mode).toBe("enabled");
});

test.each([
  [[], ["(document)"]],
  [null, ["(document)"]],
  ["disabled", ["(document)"]],
  [{}, ["mode"]],
  [{ mode: "off", who: 7, why: "x".repeat(1_001) }, ["mode", "who", "why"]],
  [{ mode: "dry-run", who: "x".repeat(201) }, ["mode", "who"]],
])("a bad request %j changes nothing and is told every problem", async (request, paths) => {
  await using folder = await startFolder();
  const keeper = await folder.started();
  await keeper.set(shutOff);
  const problems = await keeper.set(request);
  expect(problems.map(({ path }) => path || "(document)")).toEqual(paths);
  expect([keeper.hand?.mode, folder.taken]).toEqual(["disabled", ["disabled"]]);
});
