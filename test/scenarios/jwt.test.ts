import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { jwtKey } from "../devnet/jwt.ts";
import { until } from "../devnet/until.ts";
import { bearer, call, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const CHAIN_ID = call("eth_chainId");
const newSecret = (): string => randomBytes(32).toString("hex");
const nowS = (): number => Math.floor(Date.now() / 1000);

/** As Kubernetes does: another file under the same name. */
async function replace(world: World, file: string, text: string): Promise<void> {
  const path = join(world.dir, file);
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

const signed = (claims: Record<string, unknown>, secret: string, alg = "HS256"): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(jwtKey(secret));

const unsigned = (claims: object): string =>
  `${[{ alg: "none" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;

test.concurrent("the engine port without a good token: HTTP 401 with the reason as text, and nothing reaches the execution client (E-2)", async () => {
  await using world = await startWorld();
  const secret = world.executionClient.jwtSecret;
  await world.opNode.buildBlock();
  world.executionClient.forgetCalls();
  const getBlock = call("eth_getBlockByNumber", ["latest", false]);
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, "missing token"],
    ["Basic dXNlcg==", "missing token"],
    [await bearer(newSecret()), "invalid token"],
    [`Bearer ${unsigned({ iat: nowS() })}`, "invalid token"],
    [`Bearer ${await signed({ iat: nowS() }, secret + secret, "HS512")}`, "invalid token"],
    [`Bearer ${await signed({}, secret)}`, "missing issued-at"],
    [`Bearer ${await signed({ iat: nowS(), exp: nowS() - 1 }, secret)}`, "token is expired"],
    [await bearer(secret, -90), "stale token"],
    [await bearer(secret, 90), "future token"],
  ];
  for (const [authorization, reason] of cases) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const answer = await post(world.urls.engine, getBlock, headers);
    expect([answer.status, answer.headers["content-type"]]).toEqual([401, expect.stringMatching(/^text\/plain/)]);
    expect(answer.text).toMatch(new RegExp(`^${reason}`));
  }
  expect(world.executionClient.calls("eth_getBlockByNumber")).toEqual([]);
});

test.concurrent("60 seconds apart are allowed, in both directions, and claims nobody knows", async () => {
  await using world = await startWorld();
  const secret = world.executionClient.jwtSecret;
  const claims = { iat: nowS(), id: "sequencer-0", aud: "anyone" };
  for (const authorization of [
    await bearer(secret, -55),
    await bearer(secret, 59),
    `Bearer ${await signed(claims, secret)}`,
  ]) {
    expect((await post(world.urls.engine, CHAIN_ID, { authorization })).json()).toMatchObject({ result: "0x385" });
  }
});

test.concurrent("every upstream hears its own secret's token, one for the calls of some seconds", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.builderBlock();
  const tokens = [world.executionClient, world.builder].map(
    (client) => new Set(client.calls("engine_*").map(({ headers }) => headers.authorization)),
  );
  for (const seen of tokens) expect(seen.size).toBeLessThanOrEqual(2);
  const [own, builders] = tokens;
  expect([...(own ?? [])].filter((token) => builders?.has(token))).toEqual([]);
});

test.concurrent("a rotated secret file: the new secret is taken, the old one stays valid for op-node for a while", async () => {
  await using world = await startWorld();
  const old = world.executionClient.jwtSecret;
  const next = newSecret();
  const status = async (secret: string) =>
    (await post(world.urls.engine, CHAIN_ID, { authorization: await bearer(secret) })).status;
  expect([await status(old), await status(next)]).toEqual([200, 401]);
  await replace(world, "execution-client.jwt", next);
  await until("the new secret", async () => ((await status(next)) === 200 ? true : undefined));
  expect(await status(old)).toBe(200);
});

test.concurrent("an execution client with a secret that the proxy never had: the error names the JWT and what to check", async () => {
  await using world = await startWorld();
  const old = world.executionClient.jwtSecret;
  world.executionClient.useJwtSecret(newSecret());
  const refused = await post(world.urls.engine, CHAIN_ID, { authorization: await bearer(old) });
  expect(refused.status).toBe(200);
  expect(refused.json()).toEqual({
    jsonrpc: "2.0",
    id: 1,
    error: {
      code: -32_603,
      message: "the execution client refuses our JWT (HTTP 401): check executionClient.jwtSecretFile and the clocks",
    },
  });
});

describe("a builder's secret file", () => {
  test.concurrent("is wrong, then right: falls back with HTTP 401, then the builder builds", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    const rotated = newSecret();
    world.builder.useJwtSecret(rotated);
    expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_refused", detail: "HTTP 401" });
    expect((await world.status()).builders).toMatchObject([
      { state: "lagging", reason: "answers with an error: HTTP 401" },
    ]);
    world.builder.peerWith(world.executionClient);
    await replace(world, "builder-rbuilder.jwt", rotated);
    await world.builderBlock();
  });

  test.concurrent("is missing: falls back and says so; once it is there the builder builds", async () => {
    await using world = await startWorld();
    await rm(join(world.dir, "builder-rbuilder.jwt"));
    await world.restartProxy();
    expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
    const detail = "its JWT secret file is missing or malformed";
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_unreachable", detail });
    world.builder.peerWith(world.executionClient);
    await writeFile(join(world.dir, "builder-rbuilder.jwt"), world.builder.jwtSecret);
    await world.builderBlock();
  });
});
