import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type ConfigFile, parseConfigFile } from "./contract/config-file.ts";

/** The accepted document on the pod's scratch volume, so that a restarted container goes on where it was. */
export class ConfigStore {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "config.json");
  }

  /** The kept document; undefined where there is none, or none that this version of the proxy can read. */
  async read(): Promise<ConfigFile | undefined> {
    try {
      const parsed = parseConfigFile(JSON.parse(await readFile(this.#path, "utf8")));
      return parsed.kind === "valid" ? parsed.config : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes the document so that a crash leaves either the old or the new one. */
  async write(config: ConfigFile): Promise<void> {
    const next = `${this.#path}.next`;
    const file = await open(next, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify(config));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.#path);
  }
}
