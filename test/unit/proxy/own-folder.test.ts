import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeOwnFolder } from "../../../proxy/own-folder.ts";

const { uid } = userInfo();
let dir = "";

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "own-folder-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("a missing folder is made for this user alone, and taken again", async () => {
  const path = join(dir, "new");
  await takeOwnFolder(path, uid);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await takeOwnFolder(path, uid);
  await takeOwnFolder(path, undefined);
});

test.each([
  ["another user's", "belongs to another user", (path: string) => mkdir(path, { mode: 0o700 }), uid + 1],
  ["one the group can write to", "can be written to by other users", (path: string) => folder(path, 0o770), uid],
  ["one everybody can write to", "can be written to by other users", (path: string) => folder(path, 0o707), uid],
  ["a link to a folder of this user's own", "is not a folder", (path: string) => symlink(dir, path), uid],
  ["a link to nowhere", "is not a folder", (path: string) => symlink(join(dir, "nowhere"), path), uid],
  ["a file", "is not a folder", (path: string) => writeFile(path, ""), uid],
] as const)("%s is refused, with the remedy", async (_, problem, plant, user) => {
  const path = join(dir, "planted");
  await plant(path);
  await expect(takeOwnFolder(path, user)).rejects.toThrow(
    `${path} ${problem}: name a folder of your own with --state-dir`,
  );
});

test("where none can be made the proxy goes on without", async () => {
  await writeFile(join(dir, "file"), "");
  await takeOwnFolder(join(dir, "file", "folder"), uid);
});

async function folder(path: string, mode: number): Promise<void> {
  await mkdir(path);
  await chmod(path, mode);
}
