import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { until } from "../devnet/until.ts";
import { bearer, call, get, post } from "./http-calls.ts";
import { argumentsFor, listening, spawnProxy } from "./proxy-process.ts";
import { startWorld, type World } from "./world.ts";

const runs = (world: World, revision: number) =>
  until(`revision ${revision}`, async () => (await world.status()).revision === revision || undefined);

/** As an editor does: another file under the same name. */
async function mount(world: World, text: string): Promise<void> {
  const path = join(world.dir, "mounted.json");
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

const problems = (world: World, pattern: RegExp) =>
  until(`the problem ${pattern}`, async () =>
    (await world.status()).fileProblems?.some((problem) => pattern.test(problem)) === true ? true : undefined,
  );

const secret = (): string => randomBytes(32).toString("hex");

/** The first builder of the config, changed. */
function firstBuilder(world: World, change: Partial<ConfigFile["builders"][number]> = {}) {
  const [builder] = world.config().builders;
  if (builder === undefined) throw new Error("no builder");
  return { ...builder, ...change };
}

describe("the config file", () => {
  test("is taken when it changes and its revision is higher, also where Kubernetes swaps the folder by a link", async () => {
    await using world = await startWorld();
    await mount(world, JSON.stringify({ ...world.config(), revision: 4, executionMode: "disabled" }));
    await runs(world, 4);
    expect(await world.status()).toMatchObject({ executionMode: "disabled" });
    expect(JSON.parse(await readFile(join(world.dir, "state", "config.json"), "utf8"))).toMatchObject({ revision: 4 });

    const path = join(world.dir, "mounted.json");
    for (const [folder, revision] of [
      ["..1", 5],
      ["..2", 6],
    ] as const) {
      await mkdir(join(world.dir, folder));
      await writeFile(join(world.dir, folder, "config"), JSON.stringify({ ...world.config(), revision }));
      await symlink(folder, join(world.dir, "..data.next"));
      await rename(join(world.dir, "..data.next"), join(world.dir, "..data"));
      if (revision === 5) {
        await rm(path);
        await symlink(join("..data", "config"), path);
      }
      await runs(world, revision);
    }
  });

  test("does not win over a higher revision that was pushed", async () => {
    await using world = await startWorld();
    await world.push({ revision: 9 });
    await mount(world, JSON.stringify({ ...world.config(), revision: 8, executionMode: "disabled" }));
    await mount(world, JSON.stringify({ ...world.config(), executionMode: "disabled" }));
    await problems(world, /mounted\.json: revision 9 runs with other content: a changed document needs a higher/);
    expect(await world.status()).toMatchObject({ revision: 9, executionMode: "enabled" });
  });

  test("is bad: every problem is logged once and shown in /status, the running one goes on; then it is good again", async () => {
    await using world = await startWorld();
    await mount(world, JSON.stringify({ ...world.config(), revision: 2, executionMode: "off", builders: "none" }));
    await problems(world, /mounted\.json: executionMode: found "off", allowed: "enabled" or/);
    await problems(world, /mounted\.json: builders: found "none", allowed: an array/);
    expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
    await mount(world, "{");
    await problems(world, /mounted\.json: not JSON/);
    await rm(join(world.dir, "mounted.json"));
    await problems(world, /mounted\.json: cannot be read/);
    await mount(world, JSON.stringify({ ...world.config(), revision: 2 }));
    await runs(world, 2);
    expect((await world.status()).fileProblems).toBeUndefined();
    for (const problem of ["executionMode: found", "not JSON", "cannot be read"]) {
      expect(world.log.filter((line) => line.includes("bad file") && line.includes(problem))).toHaveLength(1);
    }
  });

  test("is bad when the process starts again: what was kept runs, and the file is named", async () => {
    await using world = await startWorld();
    await world.push({ executionMode: "dry_run" });
    await mount(world, "{");
    await world.restartProxy();
    expect(await world.status()).toMatchObject({ revision: 2, executionMode: "dry_run" });
    await problems(world, /not JSON/);
  });
});

test("a restart with a stale mounted file: the kept document runs, and the log says which and until when", async () => {
  await using world = await startWorld();
  await world.push({ executionMode: "dry_run" });
  expect(world.log.join("")).not.toContain("is newer than the one given");
  await world.restartProxy();
  expect(await world.status()).toMatchObject({ revision: 2, executionMode: "dry_run" });
  const lines = world.log.filter((line) => line.includes("is newer than the one given"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, revision: 2, mountedRevision: 1 }]);
});

test("SIGHUP: config and secrets are read again at once, and the process goes on", async () => {
  await using world = await startWorld();
  await using proxy = spawnProxy(argumentsFor(world.dir));
  const ports = await listening(world.dir);
  const rotated = secret();
  const chainId = async () =>
    (await post(`http://127.0.0.1:${ports.engine}`, call("eth_chainId"), { authorization: await bearer(rotated) }))
      .status;
  expect(await chainId()).toBe(401);
  await mount(world, JSON.stringify({ ...world.config(), revision: 3 }));
  await writeFile(join(world.dir, "execution-client.jwt"), rotated);
  proxy.signal("SIGHUP");
  await until("both", async () => {
    const status = JSON.parse((await get(`http://127.0.0.1:${ports.admin}/status`)).text) as { revision: number };
    return status.revision === 3 && (await chainId()) === 200 ? true : undefined;
  });
  proxy.signal("SIGTERM");
});

test("fields of a newer operator are still reported after a restart from the kept document", async () => {
  await using world = await startWorld();
  await world.put(JSON.stringify({ ...world.config(), revision: 2, flashblocks: { url: "x" } }));
  await world.restartProxy();
  expect(await world.status()).toMatchObject({ revision: 2, unknownFields: ["flashblocks"] });
});

describe("the job under way is not lost", () => {
  test("when its builder gets another secret file, rotated at the builder too", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    const started = await world.opNode.startBlock();
    await until("the job", () =>
      world.builder.calls("engine_forkchoiceUpdated*").find(({ params }) => params[1] !== null),
    );
    const rotated = secret();
    await writeFile(join(world.dir, "other.jwt"), rotated);
    world.builder.useJwtSecret(rotated);
    await world.push({ builders: [firstBuilder(world, { jwtSecretFile: "other.jwt", forwardTransactions: false })] });
    expect((await world.opNode.sealBlock(started)).builtBy).toBe("rbuilder");
  });

  test("when another builder is removed, and when one is added", async () => {
    await using world = await startWorld({ builders: ["one", "two"] });
    await world.builderBlock();
    const both = world.config().builders;
    for (const builders of [both.slice(0, 1), both]) {
      const started = await world.opNode.startBlock();
      await world.push({ builders });
      const sealed = await world.opNode.sealBlock(started);
      expect(sealed.builtBy).toBe("one");
      await world.opNode.insertBlock(sealed);
    }
  });
});

test("another inbound secret file: op-node's old secret stays valid for the overlap", async () => {
  await using world = await startWorld();
  const next = secret();
  await writeFile(join(world.dir, "inbound.jwt"), next);
  await world.push({ inboundJwtSecretFile: "inbound.jwt" });
  for (const each of [next, world.executionClient.jwtSecret]) {
    const authorization = await bearer(each);
    expect((await post(world.urls.engine, call("eth_chainId"), { authorization })).status).toBe(200);
  }
  const authorization = await bearer(secret());
  expect((await post(world.urls.engine, call("eth_chainId"), { authorization })).status).toBe(401);
});
