import { join } from "node:path";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { childNameOf } from "../api/names.ts";
import type { ProxyObserved } from "../plan/model.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";
import type { ProxyPorts } from "./port-book.ts";
import { ProxyLink } from "./proxy-link.ts";
import { ProxyProcess } from "./proxy-process.ts";
import { readText } from "./secret-source.ts";
import {
  adminToken,
  readConfig,
  type SequencerFolder,
  sequencerFolder,
  writeConfig,
  writeSecrets,
} from "./state-folder.ts";

/** How a proxy runs: as our child process on these ports, or elsewhere, behind this admin URL. */
export type ProxyPlace =
  | { readonly kind: "spawned"; readonly ports: ProxyPorts }
  | { readonly kind: "elsewhere"; readonly adminUrl: string };

type Options = {
  readonly cluster: string;
  readonly sequencer: string;
  readonly stateDir: string;
  readonly secretsDir: string | undefined;
  readonly logLevel: string;
};

type Dependencies = {
  readonly onChange: () => void;
  readonly onDeath: (problem: string) => void;
};

/** One sequencer's proxy: its folder, its process where we run it, and the link that watches it and pushes to it. */
export class SequencerRunner {
  readonly #options: Options;
  readonly #dependencies: Dependencies;
  readonly #folder: SequencerFolder;
  #written: ConfigFile | undefined;
  #process: ProxyProcess | undefined;
  #link: { readonly link: ProxyLink; readonly adminUrl: string } | undefined;

  constructor(options: Options, dependencies: Dependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#folder = sequencerFolder(options.stateDir, options.cluster, options.sequencer);
    this.#written = readConfig(this.#folder);
  }

  /** The document that was written last, by this process or one before. */
  get written(): ConfigFile | undefined {
    return this.#written;
  }

  /** The proxy as last seen; undefined: it was never started. */
  get observed(): ProxyObserved | undefined {
    const observed = this.#link?.link.observed;
    const problem = this.#process?.problem;
    return observed === undefined || problem === undefined ? observed : { ...observed, ready: false, problem };
  }

  /** Of the proxy's process, while we run one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Looks at the proxy's admin URL from now on; a proxy that moved is looked at where it is now. */
  watch(adminUrl: string): void {
    if (adminUrl === this.#link?.adminUrl) return;
    this.#link?.link.close();
    const name = childNameOf(this.#options.cluster, this.#options.sequencer);
    const link = new ProxyLink({ name, adminUrl, adminToken: this.#adminToken() }, this.#dependencies);
    this.#link = { link, adminUrl };
  }

  /** Writes the proxy's secret files; what is equal is left untouched. */
  writeSecrets(files: ReadonlyMap<string, string>): void {
    this.#adminToken();
    writeSecrets(this.#folder, files);
  }

  /** Writes the document, then makes the proxy run it; starts the proxy where that is ours to do. */
  apply(document: ConfigFile, changed: boolean, place: ProxyPlace): void {
    if (changed) writeConfig(this.#folder, document);
    this.#written = document;
    if (place.kind === "spawned") {
      const options = { folder: this.#folder, ports: place.ports, logLevel: this.#options.logLevel };
      this.#process ??= new ProxyProcess(options, this.#dependencies);
      this.watch(`http://127.0.0.1:${place.ports.admin}`);
    }
    this.#link?.link.want(document);
  }

  /** Ends watching, and the proxy too where we run it. */
  async close(): Promise<void> {
    this.#link?.link.close();
    await this.#process?.stop();
  }

  #adminToken(): string {
    const { cluster, sequencer, secretsDir } = this.#options;
    const file = join(secretsDir ?? "", childNameOf(cluster, sequencer), ADMIN_TOKEN_FILE);
    return adminToken(this.#folder, secretsDir === undefined ? undefined : readText(file));
  }
}
