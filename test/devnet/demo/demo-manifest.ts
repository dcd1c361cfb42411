import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";
import type { RollupBoostCluster } from "../../../operator/api/cluster.ts";
import { parseCluster } from "../../../operator/api/parse-cluster.ts";
import { problemText } from "../../../proxy/contract/problems.ts";
import type { DevnetOptions } from "../devnet.ts";

/** The demo's copy of its manifest in a folder that goes with it, and the JWT secrets it refers to, made for this run. */
export type DemoManifest = {
  readonly file: string;
  readonly secretsDir: string;
  readonly cluster: RollupBoostCluster;
  readonly jwtSecrets: Readonly<Record<string, string>>;
  /** Edits the copy, as a person would: the operator has to notice. */
  setExecutionMode(mode: "enabled" | "disabled"): Promise<void>;
};

/** Copies the manifest into the folder and makes its secrets there. Throws with every problem of the manifest. */
export async function copyManifest(from: string, folder: string): Promise<DemoManifest> {
  const text = await readFile(from, "utf8");
  const parsed = parseCluster(parse(text));
  if (parsed.kind === "invalid") throw new Error(`${from}:\n${parsed.problems.map(problemText).join("\n")}`);
  const { cluster } = parsed;
  const file = join(folder, "cluster.yaml");
  const secretsDir = join(folder, "secrets");
  await writeFile(file, text);

  const refs = [
    ...cluster.spec.sequencers.map(({ name, executionClient }) => ({ name, ref: executionClient.jwtSecretRef })),
    ...cluster.spec.builders.map(({ name, jwtSecretRef }) => ({ name, ref: jwtSecretRef })),
  ];
  const secrets = new Map<string, string>();
  for (const { ref } of refs) {
    const path = join(secretsDir, ref.name, ref.key);
    if (secrets.has(path)) continue;
    const secret = randomBytes(32).toString("hex");
    secrets.set(path, secret);
    await mkdir(join(secretsDir, ref.name), { recursive: true });
    await writeFile(path, `${secret}\n`, { mode: 0o600 });
  }
  const secretOf = (ref: { readonly name: string; readonly key: string }): string =>
    secrets.get(join(secretsDir, ref.name, ref.key)) ?? "";
  return {
    file,
    secretsDir,
    cluster,
    jwtSecrets: Object.fromEntries(refs.map(({ name, ref }) => [name, secretOf(ref)])),
    setExecutionMode: async (mode) => {
      const document = parseDocument(await readFile(file, "utf8"));
      document.setIn(["spec", "executionMode"], mode);
      await writeFile(file, document.toString());
    },
  };
}

/** The simulated OP Stack that the manifest describes, on the ports it names. */
export function devnetOptions({ cluster, jwtSecrets }: DemoManifest): DevnetOptions {
  const { sequencers, builders, timing } = cluster.spec;
  return {
    sequencers: sequencers.map(({ name }) => name),
    builders: builders.map(({ name }) => name),
    blockTimeMs: timing.blockTimeMs,
    jwtSecrets,
    ports: Object.fromEntries([
      ...sequencers.map(({ name, executionClient: { url, rpcUrl } }) => [
        name,
        { engine: portOf(url), rpc: portOf(rpcUrl) },
      ]),
      ...builders.map(({ name, url }) => [name, { engine: portOf(url) }]),
    ]),
    conductorPorts: Object.fromEntries(
      sequencers.flatMap(({ name, conductor }) => (conductor === undefined ? [] : [[name, portOf(conductor.url)]])),
    ),
  };
}

/** The port a URL of the manifest names. */
export const portOf = (url: string): number => Number(new URL(url).port);
