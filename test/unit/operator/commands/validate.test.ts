import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { findManifests } from "../../../../operator/commands/find-manifests.ts";
import { validate } from "../../../../operator/commands/validate.ts";
import { manifest } from "../kit/cluster.ts";

const noInput = (): Promise<string> => Promise.reject(new Error("standard input is not asked for"));
const input = (text: string) => findManifests(["-"], () => Promise.resolve(text));

const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "engine-jwt" }, stringData: { "jwt.hex": "a" } };
const service = { apiVersion: "v1", kind: "Service", metadata: { name: "any" } };

/** A folder with these files, until it is disposed. */
async function folderWith(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "rollup-boost-validate-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

test("a folder is read with all folders in it; other kinds and templates are passed over and counted", async () => {
  await using world = await folderWith({
    "chains/base.yaml": [stringify(manifest()), stringify(secret), stringify(service)].join("---\n"),
    "chains/more.yml": stringify(service),
    "charts/templates/deployment.yaml": "metadata: {{ include labels }}\n  name: : :",
    ".git/broken.yaml": "kind: {",
    "README.md": "kind: {",
  });
  expect(validate(await findManifests([world.folder], noInput))).toEqual({
    output:
      "1 RollupBoostCluster and 1 Secret valid in 2 files; passed over: 2 documents of other kinds, 1 file that is not YAML\n",
    problems: [],
    exitCode: 0,
  });
});

test("a file in a folder that is broken and ours is a problem, as is any file that is named", async () => {
  await using world = await folderWith({
    "ours.yaml": "apiVersion: rollup-boost.dev/v1alpha1\nkind: {",
    "other.yaml": "kind: {",
  });
  const { problems, exitCode } = validate(await findManifests([world.folder], noInput));
  expect(problems).toEqual([expect.stringMatching(/ours\.yaml:\d+: not YAML/), "1 problem in 1 file"]);
  expect(exitCode).toBe(1);
  const named = validate(await findManifests([join(world.folder, "other.yaml")], noInput));
  expect(named.problems[0]).toMatch(/other\.yaml:\d+: not YAML/);
});

test("a file that is not there is a problem, and does not hide the problems of the others", async () => {
  await using world = await folderWith({ "base.yaml": stringify(manifest({ topology: "Ring" })) });
  const paths = [join(world.folder, "none.yaml"), join(world.folder, "base.yaml")];
  expect(validate(await findManifests(paths, noInput)).problems).toEqual([
    expect.stringContaining("none.yaml: cannot be read (ENOENT)"),
    expect.stringContaining('spec.topology: found "Ring", allowed: "OneToOne"'),
    "2 problems in 1 file",
  ]);
});

test("- is standard input; a list stands for its items", async () => {
  const list = { apiVersion: "v1", kind: "List", items: [service, manifest({ topology: "Ring" })] };
  const { problems } = validate(await input(stringify(list)));
  expect(problems[0]).toMatch(/^stdin:\d+: spec\.topology: found "Ring"/);
});

test("a kind of our group that does not exist is a typo, not another kind", async () => {
  const text = stringify({ ...manifest(), kind: "RollupBoostcluster" });
  expect(validate(await input(text)).problems[0]).toBe(
    'stdin:2: kind: found "RollupBoostcluster", allowed: "RollupBoostCluster"',
  );
});

test("a name may be used once in a namespace", async () => {
  const elsewhere = { ...manifest(), metadata: { ...manifest().metadata, namespace: "elsewhere" } };
  const check = async (...documents: readonly object[]) =>
    validate(await input(documents.map((document) => stringify(document)).join("---\n")));
  expect((await check(manifest(), elsewhere)).exitCode).toBe(0);
  expect((await check(manifest(), manifest())).problems[0]).toContain('metadata.name: found "base-sepolia"');
});

test("nothing of ours is nothing wrong", async () => {
  expect(validate(await input(stringify(service)))).toMatchObject({
    output: "0 RollupBoostClusters and 0 Secrets valid in 1 file; passed over: 1 document of other kinds\n",
    exitCode: 0,
  });
});
