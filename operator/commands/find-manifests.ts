import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { GROUP } from "../api/names.ts";
import { parseFile } from "../standalone/manifest-document.ts";
import { type ManifestFile, readManifestFiles } from "../standalone/manifest-files.ts";

export type FoundManifests = {
  readonly files: readonly ManifestFile[];
  /** What cannot be read, a line each. */
  readonly problems: readonly string[];
  /** Files in a folder that are no YAML and do not speak of our kinds, such as templates of a chart. */
  readonly passedOver: number;
};

/** How standard input is named in a problem. */
const STDIN = "stdin";

const MANIFEST = /\.(ya?ml|json)$/;
const NO_MANIFESTS = /^(\..*|node_modules)$/;

/** Reads files, folders with all folders in them, and for `-` standard input. */
export async function findManifests(
  paths: readonly string[],
  readStdin: () => Promise<string>,
): Promise<FoundManifests> {
  const found = await Promise.all(
    paths.map((path) => (path === "-" ? fromStdin(readStdin) : isFolder(path) ? fromFolder(path) : fromFile(path))),
  );
  const files = found.flatMap((each) => each.files);
  return {
    // A file that is named twice, or by its folder too, is read once.
    files: files.filter(({ path }, index) => files.findIndex((other) => other.path === path) === index),
    problems: found.flatMap((each) => each.problems),
    passedOver: found.reduce((sum, each) => sum + each.passedOver, 0),
  };
}

const fromStdin = async (read: () => Promise<string>): Promise<FoundManifests> => ({
  files: [{ path: STDIN, text: await read() }],
  problems: [],
  passedOver: 0,
});

function fromFile(path: string): FoundManifests {
  const read = readManifestFiles([path]);
  return read.kind === "read"
    ? { files: read.files, problems: [], passedOver: 0 }
    : { files: [], problems: read.problems, passedOver: 0 };
}

function fromFolder(folder: string): FoundManifests {
  const read = pathsIn(folder).map(fromFile);
  const files = read.flatMap((each) => each.files);
  const ours = files.filter(({ path, text }) => text.includes(GROUP) || parseFile(path, text).kind === "documents");
  return {
    files: ours,
    problems: read.flatMap((each) => each.problems),
    passedOver: files.length - ours.length,
  };
}

/** In the order of their names, the same on every machine. */
const pathsIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return NO_MANIFESTS.test(entry.name) ? [] : pathsIn(path);
      return MANIFEST.test(entry.name) && !isFolder(path) ? [path] : [];
    });

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
