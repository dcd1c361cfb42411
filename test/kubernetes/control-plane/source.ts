import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { getContainerRuntimeClient } from "testcontainers";
import { buildWithGo, earlierBuild, goAnswers } from "./build.ts";
import { startK3s } from "./k3s.ts";
import { type ControlPlane, startLocalControlPlane } from "./local-control-plane.ts";

/** A command and its first arguments. */
export type Command = readonly string[];
export type StartControlPlaneHooks = {
  /** Takes a line about what takes long. */
  readonly progress: (line: string) => void;
  /** Runs when the API server answers, where possible before the controllers start. */
  readonly prepare: (kubeconfig: string) => Promise<void>;
};
export type StartedControlPlane = ControlPlane & { readonly kubectl: Command | undefined };

/** No control plane can be had on this machine; the message says how to get one. */
export class NoControlPlane extends Error {
  override readonly name = "NoControlPlane";
}

/**
 * Starts a control plane from the first of these that there is: `KUBEBUILDER_ASSETS`, an earlier build in the cache
 * folder, Docker (k3s), Go (builds it). Throws `NoControlPlane` when there is none.
 */
export async function startControlPlane(
  environment: NodeJS.ProcessEnv,
  hooks: StartControlPlaneHooks,
): Promise<StartedControlPlane> {
  const { progress } = hooks;
  const assets = environment.KUBEBUILDER_ASSETS;
  if (assets !== undefined && assets !== "") return await startFromAssets(assets, environment, hooks);

  const built = await earlierBuild();
  if (built !== undefined) return await startBuilt(built, hooks);

  if (await dockerAnswers()) {
    try {
      progress("starting k3s in Docker");
      return { ...(await startK3s(hooks)), kubectl: await kubectlOf(environment.PATH) };
    } catch (error) {
      progress(`k3s in Docker did not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (await goAnswers()) return await startBuilt(await buildWithGo(progress), hooks);
  throw new NoControlPlane(
    "These tests need a kube-apiserver: install Go (it is built once), or start Docker, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kube-controller-manager.",
  );
}

async function startBuilt(program: string, { prepare }: StartControlPlaneHooks): Promise<StartedControlPlane> {
  const programs = {
    etcd: [program, "etcd"],
    apiserver: [program, "kube-apiserver"],
    controllerManager: [program, "kube-controller-manager"],
  };
  return { ...(await startLocalControlPlane(programs, prepare)), kubectl: [program, "kubectl"] };
}

async function startFromAssets(
  assets: string,
  environment: NodeJS.ProcessEnv,
  { progress, prepare }: StartControlPlaneHooks,
): Promise<StartedControlPlane> {
  for (const name of ["etcd", "kube-apiserver"]) {
    if (!(await isProgram(join(assets, name))))
      throw new NoControlPlane(`KUBEBUILDER_ASSETS=${assets} has no ${name}.`);
  }
  const programs = {
    etcd: [join(assets, "etcd")],
    apiserver: [join(assets, "kube-apiserver")],
    controllerManager: await controllerManagerFor(assets, progress),
  };
  const started = await startLocalControlPlane(programs, prepare);
  return { ...started, kubectl: await kubectlOf([assets, environment.PATH ?? ""].join(delimiter)) };
}

/** The usual assets come without it; without it no Deployment makes a pod and nothing is garbage-collected. */
async function controllerManagerFor(assets: string, progress: (line: string) => void): Promise<Command> {
  const given = join(assets, "kube-controller-manager");
  if (await isProgram(given)) return [given];
  const built = (await earlierBuild()) ?? ((await goAnswers()) ? await buildWithGo(progress) : undefined);
  if (built !== undefined) return [built, "kube-controller-manager"];
  throw new NoControlPlane(
    `KUBEBUILDER_ASSETS=${assets} has no kube-controller-manager: put it there, or install Go (it is built once).`,
  );
}

async function kubectlOf(path: string | undefined): Promise<Command | undefined> {
  for (const folder of (path ?? "").split(delimiter)) {
    if (folder !== "" && (await isProgram(join(folder, "kubectl")))) return [join(folder, "kubectl")];
  }
  return undefined;
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const dockerAnswers = (): Promise<boolean> =>
  getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
