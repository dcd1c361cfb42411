import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { isTrue, SEQUENCERS, startStandaloneWorld } from "./standalone-world.ts";

const isReady = (status: Parameters<typeof isTrue>[0]): boolean => isTrue(status, "Ready");

test("one manifest runs a proxy per sequencer; its status says who leads and what each proxy runs", async () => {
  await using world = await startStandaloneWorld();
  const status = await world.status("Ready", (found) => isReady(found) && found.leader !== undefined);
  expect(status).toMatchObject({
    leader: "sequencer-0",
    summary: { proxies: "2/2" },
    sequencers: [
      { name: "sequencer-0", leader: "leader", confirmedRevision: 1, desiredRevision: 1, builders: ["builder-0"] },
      { name: "sequencer-1", leader: "follower", confirmedRevision: 1, desiredRevision: 1, builders: ["builder-1"] },
    ],
  });
  world.raft.lead("sequencer-1");
  await world.status("the new leader", (found) => found.leader === "sequencer-1");
  expect(await world.endOperator("SIGTERM")).toBe(0);
  await world.proxiesGone();
});

test("the emergency shut-off reaches every proxy within a second of the edit, and a restart of the operator does not undo it", async () => {
  await using world = await startStandaloneWorld();
  await world.status("Ready", isReady);
  await world.edit({ executionMode: "disabled" });
  await until(
    "every proxy is shut off",
    async () => {
      const statuses = await Promise.all(SEQUENCERS.map(world.proxy));
      return statuses.every((status) => status?.executionMode === "disabled" && status.revision === 2)
        ? true
        : undefined;
    },
    1_000,
  );
  await world.endOperator("SIGTERM");
  world.startOperator();
  await world.status(
    "Ready after the restart",
    (found) => isReady(found) && found.sequencers?.[0]?.executionMode === "disabled",
  );
  await world.edit({ executionMode: "enabled" });
  await world.status("enabled again, at a higher revision", (found) =>
    (found.sequencers ?? []).every(
      ({ executionMode, confirmedRevision }) => executionMode === "enabled" && confirmedRevision === 3,
    ),
  );
});

test("a bad edit is reported with every problem, and the manifest before it stays", async () => {
  await using world = await startStandaloneWorld();
  await world.status("Ready", isReady);
  await world.edit({ topology: "Ring", executionMode: "off", executionmode: "disabled" });
  const output = await until("the problems", () =>
    world.output().includes("spec.executionmode") ? world.output() : undefined,
  );
  expect(output).toContain('spec.topology: found "Ring", allowed: "OneToOne"');
  expect(output).toContain('spec.executionMode: found "off", allowed: "enabled" or "dry_run" or "disabled"');
  expect(output).toContain("spec.executionmode: found this field, allowed: no such field");
  expect(await world.proxy("sequencer-0")).toMatchObject({ revision: 1, executionMode: "enabled" });
});

test("a proxy that dies is started again with the config it had", async () => {
  await using world = await startStandaloneWorld();
  await world.edit({ executionMode: "disabled" });
  await world.status("shut off", (found) => isReady(found) && found.sequencers?.[0]?.executionMode === "disabled");
  const pid = await world.pidOf("sequencer-0");
  expect(pid).toBeDefined();
  if (pid !== undefined) process.kill(pid, "SIGKILL");
  await until("another process", async () => {
    const now = await world.pidOf("sequencer-0");
    return now !== undefined && now !== pid ? now : undefined;
  });
  await world.status("Ready again", isReady);
  expect(await world.proxy("sequencer-0")).toMatchObject({ executionMode: "disabled" });
});

test.each(["SIGKILL", "stdin"] as const)("the operator ends by %s: no proxy is left behind", async (how) => {
  await using world = await startStandaloneWorld();
  await world.status("Ready", isReady);
  await world.endOperator(how);
  await world.proxiesGone();
});
