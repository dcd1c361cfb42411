import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigFile } from "../../proxy/contract/config-file.ts";
import { configText } from "../plan/manifests/config-map.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";
import { readText } from "./secret-source.ts";

const ADMIN_TOKEN_BYTES = 32;

/** What the operator keeps of one sequencer: what ConfigMap and Secret are in Kubernetes. */
export type SequencerFolder = {
  /** The written config document: revisions rise across restarts because it stays. */
  readonly configFile: string;
  /** The proxy's secrets folder. */
  readonly secretsDir: string;
  /** A spawned proxy's own scratch folder. */
  readonly proxyStateDir: string;
  /** A spawned proxy's log. */
  readonly logFile: string;
};

/** Paths of one sequencer's folder. */
export function sequencerFolder(stateDir: string, cluster: string, sequencer: string): SequencerFolder {
  const dir = join(stateDir, cluster, sequencer);
  return {
    configFile: join(dir, "config.json"),
    secretsDir: join(dir, "secrets"),
    proxyStateDir: join(dir, "state"),
    logFile: join(dir, "proxy.log"),
  };
}

/** Where a cluster's status is kept, as `kubectl get -o json` would show it. */
export const statusFile = (stateDir: string, cluster: string): string => join(stateDir, cluster, "status.json");

/** The document that was written last; undefined: none, or none that can be read, so that a new one is written. */
export function readConfig(folder: SequencerFolder): ConfigFile | undefined {
  return ConfigFile.safeParse(readJson(folder.configFile)).data;
}

/** Writes the document as it is pushed. */
export const writeConfig = (folder: SequencerFolder, document: ConfigFile): void =>
  writeWhole(folder.configFile, configText(document));

/** A file's JSON; undefined: it is not there or not JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path) ?? "");
  } catch {
    return undefined;
  }
}

/** Makes the secrets folder hold exactly these files and the admin token; a file that is equal is left untouched. */
export function writeSecrets(folder: SequencerFolder, files: ReadonlyMap<string, string>): void {
  for (const [file, text] of files) {
    const path = join(folder.secretsDir, file);
    if (readText(path) !== text) writeWhole(path, text);
  }
  for (const file of readdirSync(folder.secretsDir)) {
    if (file.endsWith(".jwt") && !files.has(file)) rmSync(join(folder.secretsDir, file));
  }
}

/** The admin token of a sequencer's proxy: the given one, else made once and kept. */
export function adminToken(folder: SequencerFolder, given: string | undefined): string {
  const path = join(folder.secretsDir, ADMIN_TOKEN_FILE);
  const kept = readText(path)?.trim();
  const token = given?.trim() || kept || randomBytes(ADMIN_TOKEN_BYTES).toString("hex");
  if (token !== kept) writeWhole(path, `${token}\n`);
  return token;
}

/** Writes a file that is whole at any moment and that only this user can read. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  renameSync(draft, path);
}
