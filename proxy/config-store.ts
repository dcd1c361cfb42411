import { join } from "node:path";
import type { Clock } from "./clock.ts";
import type { ConfigFile, ParsedConfig } from "./contract/config-file.ts";
import { KeptFile } from "./kept-file.ts";

/** A config, and what stood in its document beside it. */
export type ValidConfig<Config = ConfigFile> = Extract<ParsedConfig<Config>, { readonly kind: "valid" }>;

/** The accepted document on the pod's scratch volume, so that a restarted container goes on where it was. */
export class ConfigStore<Config> {
  readonly #file: KeptFile;
  readonly #parse: (document: unknown) => ParsedConfig<Config>;

  constructor(stateDir: string, parse: (document: unknown) => ParsedConfig<Config>, clock: Clock) {
    this.#parse = parse;
    this.#file = new KeptFile(join(stateDir, "config.json"), clock);
  }

  /** The kept document; undefined where there is none, or none that this version of the proxy can read. */
  async read(): Promise<ValidConfig<Config> | undefined> {
    const kept = await this.#file.read();
    const parsed = this.#parse(kept.kind === "document" ? kept.document : undefined);
    return parsed.kind === "valid" ? parsed : undefined;
  }

  /**
   * Keeps a document as it came: the fields this version does not know are reported after a restart too, and a newer
   * version that takes over the folder knows them. What is wrong where it is not on disk; undefined where it is. Never rejects.
   */
  write(document: unknown): Promise<string | undefined> {
    return this.#file.write(document);
  }
}
