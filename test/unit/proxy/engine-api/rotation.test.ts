import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type JwtSecret, JwtVerifier, parseJwtSecret } from "../../../../proxy/engine-api/jwt.ts";
import { JwtMinter } from "../../../../proxy/engine-api/jwt-minter.ts";
import { JwtSecretFile, OVERLAP_MS } from "../../../../proxy/engine-api/jwt-secret-file.ts";
import { UpstreamClient } from "../../../../proxy/engine-api/upstream-client.ts";
import { startExecutionClient } from "../../../devnet/execution-client.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const OLD = "0a".repeat(32);
const NEW = "0b".repeat(32);
const LOOK_AGAIN_MS = 1_000;

test("op-node may go on signing with the old secret for the overlap, and no longer", async () => {
  await using world = await startWorld();
  const minter = (hex: string) => new JwtMinter(() => [bytesOf(hex)], world.clock);
  const verifier = new JwtVerifier(() => world.file.accepted(), world.clock);
  const isTaken = async (hex: string): Promise<boolean> =>
    (await verifier.refusal(await minter(hex).header())) === undefined;
  expect(await isTaken(OLD)).toBe(true);
  expect(await isTaken(NEW)).toBe(false);

  await world.rotate(NEW);
  expect(await isTaken(OLD)).toBe(true);
  expect(await isTaken(NEW)).toBe(true);

  world.clock.advance(OVERLAP_MS + LOOK_AGAIN_MS);
  expect(await isTaken(OLD)).toBe(false);
  expect(await isTaken(NEW)).toBe(true);
});

test("an upstream that still has the old secret is called with that, one that has the new one with the new one", async () => {
  await using world = await startWorld();
  expect(await world.call()).toBe(200);

  await world.rotate(NEW);
  expect(await world.call()).toBe(200);
  expect(await world.call()).toBe(200);
  // It knows by now, and does not try the new one first.
  expect(world.refusals()).toBe(1);

  world.upstream.useJwtSecret(NEW);
  expect(await world.call()).toBe(200);
  expect(world.refusals()).toBe(2);
  expect(await world.call()).toBe(200);
  expect(world.refusals()).toBe(2);
});

test("an upstream that takes neither secret is asked with each once, and its refusal is the answer", async () => {
  await using world = await startWorld();
  await world.call();
  await world.rotate(NEW);
  world.upstream.useJwtSecret("0c".repeat(32));
  expect(await world.call()).toBe(401);
  expect(world.refusals()).toBe(1);
});

test("a file that is malformed or gone keeps the last good secret", async () => {
  await using world = await startWorld();
  await world.rotate("not a secret");
  expect(await world.call()).toBe(200);
  await rm(world.path);
  world.clock.advance(LOOK_AGAIN_MS);
  expect(await world.call()).toBe(200);
});

const bytesOf = (hex: string): JwtSecret => {
  const secret = parseJwtSecret(hex);
  if (secret === undefined) throw new Error("not a JWT secret");
  return secret;
};

/** A secret file, a signer that reads it, and an execution client. */
async function startWorld() {
  const folder = await mkdtemp(join(tmpdir(), "rotation-"));
  const path = join(folder, "execution-client.jwt");
  await writeFile(path, OLD);
  const clock = new ManualClock(Date.now());
  const file = new JwtSecretFile(path, clock);
  file.known();
  const upstream = await startExecutionClient({ name: "op-geth", jwtSecret: OLD });
  let refusals = 0;
  const minter = new JwtMinter(() => file.known(), clock);
  const signer = {
    header: () => minter.header(),
    otherHeader: (refused: string) => {
      refusals += 1;
      return minter.otherHeader(refused);
    },
    taken: (header: string) => minter.taken(header),
  };
  const options = { url: upstream.engineUrl, answerBytesMax: 65_536, connectionsMax: 1, signer };
  const client = new UpstreamClient(options, { clock });
  return {
    clock,
    file,
    path,
    upstream,
    /** Calls whose first token was refused. */
    refusals: () => refusals,
    /** As Kubernetes swaps a mounted file. */
    rotate: async (text: string) => {
      await writeFile(`${path}.next`, text);
      await rename(`${path}.next`, path);
      clock.advance(LOOK_AGAIN_MS);
    },
    call: async () => {
      const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}');
      const answer = await client.call({ body, deadline: { atMs: clock.monotonicMs() + 5_000 } });
      return answer.kind === "answered" ? answer.status : 0;
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await upstream[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
