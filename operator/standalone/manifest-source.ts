import { isDeepStrictEqual } from "node:util";
import type { Log } from "./log.ts";
import { type ManifestFile, readManifestFiles } from "./manifest-files.ts";
import { type Manifests, parseManifests } from "./manifests.ts";

/** The manifest files cannot be used at start: every problem, a line each, with file, line and field. */
export class ManifestRefused extends Error {
  override readonly name = "ManifestRefused";
}

/** The manifests as they were last good. */
export class ManifestSource {
  readonly #paths: readonly string[];
  readonly #spawn: boolean;
  readonly #log: Log;
  #files: readonly ManifestFile[] = [];
  #problems: readonly string[] = [];
  #manifests: Manifests;

  /** Throws `ManifestRefused`, as there is nothing to keep yet. */
  constructor(options: { readonly files: readonly string[]; readonly spawn: boolean }, log: Log) {
    this.#paths = options.files;
    this.#spawn = options.spawn;
    this.#log = log;
    const result = this.#readAgain();
    if (result.kind === "invalid") throw new ManifestRefused(result.problems.join("\n"));
    this.#manifests = result.manifests;
  }

  /** What the files say now; after a bad edit: what they said before, with every problem reported once. */
  read(): Manifests {
    const result = this.#readAgain();
    if (result.kind === "invalid") {
      const isNew = !isDeepStrictEqual(result.problems, this.#problems);
      if (isNew)
        this.#log.warn(["this edit is not used, the manifest before it stays:", ...result.problems].join("\n"));
      this.#problems = result.problems;
    } else {
      this.#problems = [];
      this.#manifests = result.manifests;
    }
    return this.#manifests;
  }

  #readAgain() {
    const read = readManifestFiles(this.#paths);
    if (read.kind === "unreadable") return { kind: "invalid", problems: read.problems } as const;
    const isSame = isDeepStrictEqual(read.files, this.#files) && this.#problems.length === 0;
    this.#files = read.files;
    return isSame
      ? ({ kind: "valid", manifests: this.#manifests } as const)
      : parseManifests(read.files, { spawn: this.#spawn });
  }
}
