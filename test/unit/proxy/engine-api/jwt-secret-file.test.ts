import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseJwtSecret } from "../../../../proxy/engine-api/jwt.ts";
import { JwtSecretFile, OVERLAP_MS } from "../../../../proxy/engine-api/jwt-secret-file.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const hex = (byte: string): string => byte.repeat(32);

async function folder(text?: string) {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-secret-"));
  const path = join(dir, "execution-client.jwt");
  const clock = new ManualClock();
  if (text !== undefined) await writeFile(path, text);
  return {
    dir,
    path,
    clock,
    file: new JwtSecretFile(path, clock),
    /** As an editor and Kubernetes do: another file under the same name. */
    replace: async (text: string) => {
      await writeFile(`${path}.next`, text);
      await rename(`${path}.next`, path);
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

test("a file that comes later is read when it is there", async () => {
  await using f = await folder();
  expect([f.file.known()[0], f.file.accepted()]).toEqual([undefined, []]);
  expect(f.file.problem()).toContain("cannot be read");
  await f.replace(hex("01"));
  f.clock.advance(1_000);
  expect(f.file.known()[0]).toEqual(parseJwtSecret(hex("01")));
  expect(f.file.problem()).toBeUndefined();
});

test("a new secret is used at the next look; the one before is accepted for the overlap", async () => {
  await using f = await folder(hex("01"));
  const first = f.file.known()[0];
  await f.replace(hex("02"));
  expect(f.file.known()[0]).toBe(first);
  f.clock.advance(1_000);
  const second = f.file.known()[0];
  expect(second).toEqual(parseJwtSecret(hex("02")));
  expect(f.file.accepted()).toEqual([second, first]);
  f.clock.advance(OVERLAP_MS - 1);
  expect(f.file.accepted()).toEqual([second, first]);
  f.clock.advance(1);
  expect(f.file.accepted()).toEqual([second]);
});

test("a bad or missing file keeps the last good secret and says so without its content", async () => {
  await using f = await folder(hex("01"));
  const first = f.file.known()[0];
  await f.replace("hunter2");
  f.clock.advance(1_000);
  expect(f.file.known()[0]).toBe(first);
  expect(f.file.problem()).toBe(`${f.path}: not a JWT secret; it must hold 64 hex characters`);
  await rm(f.path);
  f.clock.advance(1_000);
  expect(f.file.accepted()).toEqual([first]);
  await f.replace(`0x${hex("01")}\n`);
  f.clock.advance(1_000);
  expect([f.file.known()[0], f.file.accepted(), f.file.problem()]).toEqual([first, [first], undefined]);
});

test("a mounted Secret is swapped by a link, as Kubernetes does", async () => {
  await using f = await folder();
  const link = async (byte: string) => {
    await writeFile(join(f.dir, byte), hex(byte));
    await symlink(join(f.dir, byte), join(f.dir, "next"));
    await rename(join(f.dir, "next"), f.path);
  };
  await link("01");
  f.clock.advance(1_000);
  expect(f.file.known()[0]).toEqual(parseJwtSecret(hex("01")));
  await link("02");
  f.clock.advance(1_000);
  expect(f.file.known()[0]).toEqual(parseJwtSecret(hex("02")));
});
