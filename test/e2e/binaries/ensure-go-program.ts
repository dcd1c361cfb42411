import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { binaryFolder, goBinary } from "./go-binaries.ts";
import type { GoProgram } from "./go-programs.ts";

const PROGRESS_EVERY_MS = 5_000;
const ERROR_LINES = 20;
const BUILD_FLAGS = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"];

/**
 * Makes sure that the program is in the cache folder and built from the pinned sources by the Go version at hand. Builds
 * it if not: minutes the first time, a line of progress every few seconds to `say`. Without Go an earlier build of the
 * same sources will do; without that it throws an error of one line that tells how to go on.
 */
export async function ensureGoProgram(program: GoProgram, say: (line: string) => void): Promise<void> {
  const [sources, go, stamp] = await Promise.all([sourcesOf(program), goVersion(program), readStamp(program)]);
  if (go === undefined) {
    if (stamp?.sources === sources) return;
    throw new Error(
      `${program.name} is not built yet and there is no Go: install Go 1.26 or newer (https://go.dev/dl) and run this again`,
    );
  }
  if (stamp?.sources === sources && stamp.go === go) return;
  await build(program, say);
  await writeFile(stampFile(program), JSON.stringify({ sources, go }));
}

async function build(program: GoProgram, say: (line: string) => void): Promise<void> {
  await mkdir(binaryFolder, { recursive: true });
  const unfinished = `${goBinary(program.name)}.${process.pid}`;
  const startedMs = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startedMs) / 1_000)} s`;
  say(`${program.name}: building from Go modules, minutes the first time, seconds afterwards`);
  const go = spawn("go", ["build", "-v", ...BUILD_FLAGS, "-o", unfinished, program.package], {
    cwd: program.moduleFolder,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let downloaded = 0;
  let compiled = 0;
  const lastLines: string[] = [];
  createInterface({ input: go.stderr }).on("line", (line) => {
    if (line.startsWith("go: downloading ")) downloaded += 1;
    else if (/^[\w./-]+$/.test(line)) compiled += 1;
    else if (lastLines.push(line) > ERROR_LINES) lastLines.shift();
  });
  const progress = setInterval(
    () => say(`${program.name}: ${elapsed()}, ${downloaded} modules downloaded, ${compiled} packages compiled`),
    PROGRESS_EVERY_MS,
  );
  try {
    const [code] = await once(go, "close");
    if (code !== 0) throw new Error([`${program.name}: go build ended with ${code}`, ...lastLines].join("\n"));
    await rename(unfinished, goBinary(program.name));
    say(`${program.name}: built in ${elapsed()}`);
  } finally {
    clearInterval(progress);
    await rm(unfinished, { force: true });
  }
}

/** A hash of what pins the sources, and of how they are built. */
async function sourcesOf(program: GoProgram): Promise<string> {
  const hash = createHash("sha256").update([program.package, ...BUILD_FLAGS].join("\n"));
  for (const file of ["go.mod", "go.sum"]) hash.update(await readFile(join(program.moduleFolder, file)));
  return hash.digest("hex");
}

/** The version that would build it, as a go.mod may ask for another toolchain; `undefined` without Go. */
async function goVersion(program: GoProgram): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("go", ["env", "GOVERSION"], { cwd: program.moduleFolder });
    return stdout.trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const stampFile = (program: GoProgram): string => join(binaryFolder, `.${program.name}.stamp`);

/** What the cached program was built from; `undefined` when there is none. */
async function readStamp(program: GoProgram): Promise<{ readonly sources: unknown; readonly go: unknown } | undefined> {
  try {
    await access(goBinary(program.name));
    const stamp: unknown = JSON.parse(await readFile(stampFile(program), "utf8"));
    return typeof stamp === "object" && stamp !== null && "sources" in stamp && "go" in stamp ? stamp : undefined;
  } catch {
    return undefined;
  }
}
