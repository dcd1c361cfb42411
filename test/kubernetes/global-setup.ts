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

/** Starts this run's one control plane with our CustomResourceDefinitions. Tests share it, each in a namespace of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const controlPlane = await startControlPlane(process.env, {
      progress: (line) => process.stderr.write(`${line}\n`),
      prepare,
    });
    project.provide("kubeconfig", controlPlane.kubeconfig);
    project.provide("kubectl", controlPlane.kubectl);
    return () => controlPlane.close();
  } catch (error) {
    // What is missing on the machine is no fault in the code: its place there helps nobody.
    if (error instanceof NoControlPlane) delete error.stack;
    throw error;
  }
}

/** Before the controllers start: the garbage collector looks for new kinds only now and then. */
async function prepare(kubeconfig: string): Promise<void> {
  const client = connect({ kubeconfig });
  await applyCrds(client);
  await client.close();
}
