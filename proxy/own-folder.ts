import { lstat, mkdir } from "node:fs/promises";

/**
 * Makes the folder for this user alone, or takes the one that is there. Rejects with the remedy where it belongs to another
 * user or others can write to it: at a path that can be foretold, they could have put a config document into it. A disk on
 * which it cannot be made is no reason to reject.
 */
export async function takeOwnFolder(path: string, uid: number | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(() => {});
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  const problem = found.isDirectory() ? problemOf(found, uid) : "is not a folder";
  if (problem !== undefined) throw new Error(`${path} ${problem}: name a folder of your own with --state-dir`);
}

/** Of those who may write to it: the group, and all others. */
const WRITABLE_BY_OTHERS = 0o022;

function problemOf(found: { readonly uid: number; readonly mode: number }, uid: number | undefined) {
  if (uid !== undefined && found.uid !== uid) return "belongs to another user";
  return (found.mode & WRITABLE_BY_OTHERS) === 0 ? undefined : "can be written to by other users";
}
