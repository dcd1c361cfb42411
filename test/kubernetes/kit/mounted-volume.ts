import { mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Link to the folder of the present files, and the one that takes its place. */
const DATA = "..data";
const NEXT_DATA = "..data_tmp";

/**
 * The folder of a mounted ConfigMap or Secret as a kubelet keeps it: every file is a link through one link to a folder, so
 * that all files change at once when that link is swapped.
 */
export class MountedVolume {
  readonly #folder: string;
  #shown = "";
  #version = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the files so; what is equal is left untouched. */
  async show(files: Readonly<Record<string, Buffer>>): Promise<void> {
    const names = Object.keys(files).toSorted();
    const shown = JSON.stringify(names.map((name) => [name, files[name]?.toString("base64")]));
    if (shown === this.#shown) return;
    this.#version += 1;
    const data = `..version-${this.#version}`;
    await mkdir(join(this.#folder, data), { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(this.#folder, data, name), bytes);
    await symlink(data, join(this.#folder, NEXT_DATA));
    await rename(join(this.#folder, NEXT_DATA), join(this.#folder, DATA));
    const present = await readdir(this.#folder);
    for (const name of names.filter((name) => !present.includes(name))) {
      await symlink(join(DATA, name), join(this.#folder, name));
    }
    const old = present.filter((name) => name !== DATA && name !== data && !names.includes(name));
    for (const name of old) await rm(join(this.#folder, name), { recursive: true, force: true });
    this.#shown = shown;
  }
}
