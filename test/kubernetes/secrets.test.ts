import { readFile } from "node:fs/promises";
import { request } from "undici";
import { expect, test } from "vitest";
import { secretValueOf } from "../../operator/observe/secret-reader.ts";
import { until } from "../devnet/until.ts";
import { secretManifest } from "./kit/cluster-manifest.ts";
import { conditionOf } from "./kit/conditions.ts";
import { statusOf } from "./kit/proxy-status.ts";
import { startRotationWorld } from "./kit/rotation-world.ts";
import { secretForms, secretsIn } from "./kit/secret-forms.ts";

const CHILD = "base-sequencer-0";

/** "Within seconds": a kubelet left alone would take a minute. */
const ROTATED_WITHIN_MS = 20_000;

test("secrets rotated in the source: the proxy holds the new ones within seconds, no pod rolls, no block is missed", async () => {
  await using world = await startRotationWorld();
  const { opNode, executionClient, builder } = world;
  const before = world.processes();
  await world.sequence();
  await world.moreBlocks(3);

  await world.rotate();
  await until("the proxy takes the new secret", () => world.takes(world.secrets.engine), ROTATED_WITHIN_MS);
  // The builder's secret has come with it, in the same swap; nobody else has taken up the new ones yet.
  await world.moreBlocks(3);
  executionClient.useJwtSecret(world.secrets.engine);
  await world.moreBlocks(2);
  builder.useJwtSecret(world.secrets.builder);
  // op-node still signs with the old secret: it is honoured for the overlap.
  await world.moreBlocks(2);
  const fromBuilder = (await statusOf(world.pod())).blocks.builder;
  opNode.useJwtSecret(world.secrets.engine);
  await world.moreBlocks(3);
  await opNode.stopSequencing();

  expect(opNode.failures).toEqual([]);
  const times = opNode.blocks.map(({ attributes }) => Number(attributes.timestamp));
  expect(times.slice(1).map((time, index) => time - (times[index] ?? 0))).toEqual(times.slice(1).map(() => 1));
  const { blocks } = await statusOf(world.pod());
  expect(blocks.unanswered).toBe(0);
  // Builder blocks before, in between, and with the new secrets.
  expect(blocks.builder).toBeGreaterThan(fromBuilder);
  expect(blocks.builder).toBeGreaterThan(blocks.executionClient);
  expect(world.processes()).toEqual(before);
});

test("a proxy restarted in the middle of a rotation reaches an EL that has the old secret, and takes op-node's old one", async () => {
  await using world = await startRotationWorld();
  const old = world.secrets.engine;
  await world.rotate();
  await until("the proxy takes the new secret", () => world.takes(world.secrets.engine), ROTATED_WITHIN_MS);
  const pod = world.pod();
  const { pid } = pod;
  process.kill(pid ?? 0, "SIGKILL");
  await until("another process", async () =>
    pod.pid === pid ? undefined : await statusOf(pod).catch(() => undefined),
  );
  expect(await world.takes(old)).toBe(true);
  expect(await world.takes(world.secrets.engine)).toBe(true);

  world.executionClient.useJwtSecret(world.secrets.engine);
  expect(await world.takes(old)).toBe(true);
});

test("a secret deleted while running: the last one is kept, also by a new operator and for a new pod, and a condition says so", async () => {
  await using world = await startRotationWorld();
  const { space } = world;
  await space.kubectl("delete", "secret", "engine-jwt");
  const condition = await until("the condition", () => world.condition("SecretMissing"), ROTATED_WITHIN_MS);
  expect(condition.message).toBe(
    "Secret engine-jwt does not exist: create it, with the JWT secret under key jwt.hex (the proxies go on with the last good one)",
  );
  await world.readyAndNotStalled();

  await world.restartOperator();
  await world.setDeadline(103);
  await world.readyAndNotStalled();
  expect(await world.condition("SecretMissing")).toBeDefined();
  const old = world.pod();
  await space.kubectl("delete", "pod", old.name);
  await until(
    "a new pod in its place",
    () => (world.podOrNone()?.name === old.name ? undefined : world.podOrNone()),
    20_000,
  );
  await world.readyAndNotStalled();
  await until("it takes the last secret", () => world.takes(world.secrets.engine), ROTATED_WITHIN_MS);

  await space.apply(secretManifest("engine-jwt", { "jwt.hex": world.secrets.engine }));
  await until("all is well", () => world.condition("AllSecretsValid"), ROTATED_WITHIN_MS);
});

test("a secret malformed or without its key after a rotation: the last good one is kept, and a condition says so", async () => {
  await using world = await startRotationWorld();
  const { space } = world;
  const before = await world.owned();
  await space.apply(secretManifest("builder-jwt", { "jwt.hex": "0123 not a secret" }));
  const malformed = await until("malformed", () => world.condition("SecretMalformed"), ROTATED_WITHIN_MS);
  expect(malformed.message).toContain("Secret builder-jwt, key jwt.hex is not a JWT secret: put the 64 hexadecimal");
  expect(malformed.message).toContain("(the proxies go on with the last good one)");
  await world.readyAndNotStalled();
  await space.kubectl("patch", "secret/builder-jwt", "--type=json", "-p", '[{"op":"remove","path":"/data/jwt.hex"}]');
  const keyMissing = await until("key missing", () => world.condition("SecretKeyMissing"), ROTATED_WITHIN_MS);
  expect(keyMissing.message).toContain("Secret builder-jwt has no key jwt.hex");
  await world.setDeadline(104);
  await world.readyAndNotStalled();
  expect(secretValueOf(await world.owned(), "builder-builder-0.jwt")).toBe(
    secretValueOf(before, "builder-builder-0.jwt"),
  );
  // What the spec never referred to before is no stand-in for what it refers to now.
  await space.kubectl("patch", "rbc/base", "--type=json", "-p", JSON.stringify([ELSEWHERE]));
  await space.kubectl("wait", "--for=condition=Stalled", "--timeout=20s", "rbc/base");
  expect(conditionOf(await world.cluster(), "Stalled")?.message).toContain("Secret elsewhere does not exist");
});

test("the admin token is made once: operator restarts and rewrites of the Secret keep it", async () => {
  await using world = await startRotationWorld();
  const token = secretValueOf(await world.owned(), "admin-token");
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  await world.restartOperator();
  // Someone edits our Secret: it is set back with the next write, whoever owns the field now.
  await world.space.kubectl(
    "patch",
    "secret",
    CHILD,
    "--type=merge",
    "-p",
    '{"stringData":{"execution-client.jwt":"00"}}',
  );
  const rotated = await world.rotate();
  await until(
    "rewritten",
    async () => secretValueOf(await world.owned(), "execution-client.jwt")?.includes(rotated.engine) || undefined,
    ROTATED_WITHIN_MS,
  );
  await world.setDeadline(105);
  await world.readyAndNotStalled();
  expect(secretValueOf(await world.owned(), "admin-token")).toBe(token);
});

test("no secret is in a log, an object other than a Secret, an Event, or what a proxy shows", async () => {
  await using world = await startRotationWorld();
  const { space } = world;
  await world.sequence();
  await world.moreBlocks(2);
  const first = { ...world.secrets };
  await world.rotate();
  await until("the proxy takes the new secret", () => world.takes(world.secrets.engine), ROTATED_WITHIN_MS);
  await world.moreBlocks(2);
  const token = secretValueOf(await world.owned(), "admin-token") ?? "";
  await space.apply(secretManifest("builder-jwt", { "jwt.hex": `${world.secrets.builder}ff` }));
  await until("malformed", () => world.condition("SecretMalformed"), ROTATED_WITHIN_MS);
  await space.kubectl("delete", "secret", "engine-jwt");
  await until("missing", () => world.condition("SecretMissing"), ROTATED_WITHIN_MS);
  await world.setDeadline(106);
  await world.readyAndNotStalled();

  expect(secretValueOf(await world.owned(), "execution-client.jwt.previous")).toContain(first.engine);
  const secrets = [first.engine, first.builder, world.secrets.engine, world.secrets.builder, token];
  const objects = await space.kubectl("get", EVERYTHING, "--output=json", "--show-managed-fields");
  expect(objects).toContain(CHILD);
  expect(secretsIn(objects, secrets), "objects").toEqual([]);
  expect(secretsIn(world.log(), secrets), "the operator's log").toEqual([]);
  expect(secretsIn(await readFile(world.pod().logFile, "utf8"), secrets), "the proxy's log").toEqual([]);
  for (const path of ["/status", "/metrics"]) {
    const { body } = await request(`${world.pod().adminUrl}${path}`);
    expect(secretsIn(await body.text(), secrets), path).toEqual([]);
  }
  // The search can find: the one place where they belong has them.
  const owned = await space.kubectl("get", "secret", CHILD, "--output=json");
  expect(secretsIn(owned, [world.secrets.engine, token])).toEqual([0, 1]);
  expect(secretForms(token).length).toBeGreaterThan(5);
});

const ELSEWHERE = { op: "replace", path: "/spec/builders/0/jwtSecretRef/name", value: "elsewhere" };

const EVERYTHING = [
  "rollupboostclusters,deployments,replicasets,pods,services,configmaps,serviceaccounts,endpointslices",
  "events,events.events.k8s.io,leases,poddisruptionbudgets,networkpolicies",
].join(",");
