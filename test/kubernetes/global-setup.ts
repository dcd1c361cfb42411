import type { TestProject } from "vitest/node";
import { connect } from "../../operator/kubernetes/kube-client.ts";
import { type Command, NoControlPlane, startControlPlane } from "./control-plane/source.ts";
import { applyCrds } from "./kit/crds.ts";

declare module "vitest" {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface can be added to
  interface ProvidedContext {
    /** Path of a kubeconfig with all rights on this run's control plane. */
    readonly kubeconfig: string;
    readonly kubectl: Command | undefined;
  }
}

/** Starts this run's one control plane with our CustomResourceDefinitions. Tests share it, each in its own namespace. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const controlPlane = await startControlPlane(process.env, { progress: say, prepare });
    project.provide("kubeconfig", controlPlane.kubeconfig);
    project.provide("kubectl", controlPlane.kubectl);
    return () => controlPlane.close();
  } catch (error) {
    // Thrown on, it would be printed below "No test files found".
    say(error instanceof NoControlPlane ? error.message : `The control plane does not start. ${String(error)}`);
    process.exit(1);
  }
}

/** Before the controllers start: the garbage collector looks for new kinds only now and then. */
async function prepare(kubeconfig: string): Promise<void> {
  const client = connect({ kubeconfig });
  await applyCrds(client);
  await client.close();
}
