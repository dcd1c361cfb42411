import { type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

export type ManifestFile = { readonly path: string; readonly text: string };

export type ReadFiles =
  | { readonly kind: "read"; readonly files: readonly ManifestFile[] }
  | { readonly kind: "unreadable"; readonly problems: readonly string[] };

/** Reads every file, or says which cannot be read and why. */
export function readManifestFiles(paths: readonly string[]): ReadFiles {
  const problems: string[] = [];
  const files: ManifestFile[] = [];
  for (const path of paths) {
    try {
      files.push({ path, text: readFileSync(path, "utf8") });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
      problems.push(`${path}: cannot be read${code}; give the path of a YAML file with -f`);
    }
  }
  return problems.length === 0 ? { kind: "read", files } : { kind: "unreadable", problems };
}

/**
 * Calls `onChange` soon after one of the files was written, replaced or renamed. The folders are watched, as editors
 * replace files. Only a hint: where watching is not possible, polling must find changes.
 */
export function watchManifestFiles(paths: readonly string[], onChange: () => void): { readonly close: () => void } {
  const folders = Map.groupBy(paths, dirname);
  const watchers = [...folders].flatMap(([folder, files]): readonly FSWatcher[] => {
    const names = new Set(files.map((file) => basename(file)));
    try {
      const watcher = watch(folder, (_, name) => {
        // A mounted ConfigMap changes by a link beside the file.
        if (name === null || names.has(name) || name === "..data") onChange();
      });
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      return [];
    }
  });
  return {
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}
