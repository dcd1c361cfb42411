import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { TcpGate } from "./faults/tcp-gate.ts";
import { apiServerPort, realProxies, startLeaseWorld } from "./kit/lease-world.ts";
import { PROXY_IMAGE } from "./kit/operator-in-process.ts";
import { LEASE } from "./kit/operator-process.ts";

/** With room for a slow machine, yet before an abandoned lease would be over. */
const HANDOVER_MS = LEASE.seconds * 1_000 - 500;

test("the holder killed: the other acts within the lease time", async () => {
  await using world = await startLeaseWorld(realProxies);
  const { first, second } = await world.startBoth();
  first.signal("SIGKILL");
  await world.takenOver(second);
});

test("the holder ended by SIGTERM: it lets go of the lease, and the other acts at once", async () => {
  await using world = await startLeaseWorld(realProxies);
  const { first, second } = await world.startBoth();
  first.signal("SIGTERM");
  await world.heldBy(second, HANDOVER_MS);
  expect(await first.ended).toBe("exit code 0");
  await world.setMode("disabled");
  await world.proxiesRun("disabled", HANDOVER_MS);
});

test("the holder frozen past its lease: the other acts, and the frozen one changes nothing when it wakes", async () => {
  await using world = await startLeaseWorld(realProxies);
  // What either writes can be told apart.
  const { first, second } = await world.startBoth({ second: { proxyImage: `${PROXY_IMAGE}-of-second` } });
  first.signal("SIGSTOP");
  await world.takenOver(second);
  await world.settled();
  const objects = await world.objects();
  const revisions = await world.revisions();
  expect(JSON.stringify(objects)).toContain(`${PROXY_IMAGE}-of-second`);
  const logged = (await first.log()).length;

  first.signal("SIGCONT");
  expect(await first.ended).toBe("exit code 1");
  const said = (await first.log()).slice(logged);
  expect(said).toContain("the lease");
  expect(said).not.toMatch(/child applied|config pushed/);
  expect(await world.objects()).toEqual(objects);
  expect(await world.revisions()).toEqual(revisions);
});

test("the holder cut off from the API server: it stops before its lease is over, and the other acts", async () => {
  await using world = await startLeaseWorld(realProxies);
  await using gate = new TcpGate(await apiServerPort(world.space));
  await gate.accept();
  const { first, second } = await world.startBoth({ first: { apiServerPort: gate.port } });
  await gate.refuse();
  await world.takenOver(second);
  expect(await first.ended).toBe("exit code 1");
  expect(await first.log()).toContain("was not renewed");
  await world.settled();
  const objects = await world.objects();

  // Back, as a pod comes back: it stands by.
  await gate.accept();
  const again = await world.start({ name: "again", apiServerPort: gate.port });
  await until("it stands by", async () => ((await again.log()).includes("standing by") ? true : undefined), 15_000);
  expect(await world.holder()).toMatch(new RegExp(`^${second.name}_`));
  expect(await world.objects()).toEqual(objects);
});
