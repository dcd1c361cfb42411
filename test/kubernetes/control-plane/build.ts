import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Supervisor } from "./supervisor.ts";

const MODULE_FOLDER = import.meta.dirname;
const PROGRAM = "kube-control-plane";

/** A cold build takes minutes: this often a line says that it is still going on. */
const PROGRESS_MS = 5_000;

/** The program of an earlier build, if it was made from the sources as they are now. */
export async function earlierBuild(): Promise<string | undefined> {
  const stamp = await readFile(stampPath(), "utf8").catch(() => undefined);
  return stamp?.trim() === (await stampOfSources()) ? programPath() : undefined;
}

/** Whether there is a `go` to build with. */
export async function goAnswers(): Promise<boolean> {
  const go = spawn("go", ["version"], { stdio: "ignore" });
  const [code] = await once(go, "exit").catch(() => [undefined]);
  return code === 0;
}

/**
 * Builds etcd, kube-apiserver, kube-controller-manager and kubectl from their Go modules into the cache folder, with
 * the user's own module and build caches. Throws with Go's last lines when it cannot. Nothing of it outlives us.
 */
export async function buildWithGo(progress: (line: string) => void): Promise<string> {
  await mkdir(cacheFolder(), { recursive: true });
  const [version, stamp] = await Promise.all([kubernetesVersion(), stampOfSources()]);
  const folder = await mkdtemp(join(tmpdir(), "rollup-boost-operator-build-"));
  const unfinished = `${programPath()}.${process.pid}.new`;
  const supervisor = new Supervisor(folder);
  const startedMs = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startedMs) / 1_000)} s`;
  progress(`building Kubernetes ${version} from Go modules into ${cacheFolder()}: minutes, this once`);
  const ticker = setInterval(() => progress(`building Kubernetes ${version}: ${elapsed()}`), PROGRESS_MS);
  try {
    supervisor.start({
      name: "go",
      command: ["nice", "go", "build", "-ldflags", linkerFlags(version), "-o", unfinished, "."],
      cwd: MODULE_FOLDER,
      logFile: join(folder, "go.log"),
      env: {
        CGO_ENABLED: "0",
        // Of a build that is killed, nothing stays.
        GOTMPDIR: folder,
        // Trades memory for time: half of a cold build goes into garbage collection otherwise.
        GOGC: process.env.GOGC ?? "400",
        GOFLAGS: `${process.env.GOFLAGS ?? ""} -mod=readonly -trimpath -buildvcs=false`.trim(),
      },
    });
    if ((await supervisor.ended("go")) !== "exit code 0") {
      throw new Error(`go build of Kubernetes ${version} in ${MODULE_FOLDER}:\n${supervisor.lastLogLines("go")}`);
    }
    await rename(unfinished, programPath());
    await writeFile(stampPath(), `${stamp}\n`);
    progress(`built Kubernetes ${version} in ${elapsed()}`);
    return programPath();
  } finally {
    clearInterval(ticker);
    await supervisor.close();
    await rm(unfinished, { force: true });
  }
}

const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rollup-boost-operator", "bin");
const programPath = (): string => join(cacheFolder(), PROGRAM);
const stampPath = (): string => join(cacheFolder(), `.${PROGRAM}.stamp`);
const source = (file: string): Promise<string> => readFile(join(MODULE_FOLDER, file), "utf8");

/** Not of the Go version: whatever built the pinned versions built the same programs. */
async function stampOfSources(): Promise<string> {
  const sources = await Promise.all(["go.mod", "go.sum", "main.go"].map(source));
  return createHash("sha256").update(sources.join("\0")).update(`${process.platform} ${process.arch}`).digest("hex");
}

/** The version the programs report is the one go.mod pins. */
async function kubernetesVersion(): Promise<string> {
  const version = /^\s*k8s\.io\/kubernetes (v\S+)$/m.exec(await source("go.mod"))?.[1];
  if (version === undefined) throw new Error(`${MODULE_FOLDER}/go.mod requires no k8s.io/kubernetes`);
  return version;
}

function linkerFlags(version: string): string {
  const [major, minor] = version.slice(1).split(".");
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const flags = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((pkg) =>
    Object.entries(values).map(([name, value]) => `-X ${pkg}.${name}=${value}`),
  );
  return ["-s -w", ...flags].join(" ");
}
