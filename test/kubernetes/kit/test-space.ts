import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { connect, type KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { collectionPath, objectPath, type Resource, resources } from "../../../operator/kubernetes/resources.ts";
import { until } from "../../devnet/until.ts";

/** A namespace of one test, and the ways a user reaches it. */
export type TestSpace = AsyncDisposable & {
  readonly namespace: string;
  readonly client: KubeClient;
  readonly kubeconfig: string;
  /** A folder that goes with the control plane, also when this process is killed. */
  readonly folder: string;
  /** Runs kubectl in the namespace and gives its output; rejects with what it said. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Applies a manifest as a user does. */
  readonly apply: (manifest: Manifest) => Promise<KubeObject>;
  readonly get: (resource: Resource, name: string) => Promise<KubeObject | undefined>;
  readonly list: (resource: Resource) => Promise<readonly KubeObject[]>;
};

type Manifest = { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } };

/** Makes a namespace on this run's control plane, or on the one that is given. */
export async function testSpace(kubeconfig = inject("kubeconfig")): Promise<TestSpace> {
  const client = connect({ kubeconfig });
  const created = await client.create("/api/v1/namespaces", { metadata: { generateName: "test-" } });
  const namespace = created.metadata.name;
  const serviceAccount = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  // Without it no pod can be made, and the controllers back off for seconds.
  await until("the default service account", () => client.get(serviceAccount), 20_000);
  return {
    namespace,
    client,
    kubeconfig,
    folder: await mkdtemp(join(dirname(kubeconfig), `${namespace}-`)),
    kubectl: (...args) => kubectl(["--kubeconfig", kubeconfig, "--namespace", namespace, ...args]),
    apply: (manifest) => {
      const resource = { ...manifest, plural: pluralOf(manifest.kind) };
      const path = objectPath(resource, namespace, manifest.metadata.name);
      return client.apply(path, manifest, { fieldManager: "test", force: true });
    },
    get: (resource, name) => client.get(objectPath(resource, namespace, name)),
    list: async (resource) => (await client.list(collectionPath(resource, namespace), {})).items,
    [Symbol.asyncDispose]: async () => {
      await client.delete(`/api/v1/namespaces/${namespace}`);
      await client.close();
    },
  };
}

const pluralOf = (kind: string): string =>
  Object.values(resources).find((resource) => resource.kind === kind)?.plural ?? `${kind.toLowerCase()}s`;

async function kubectl(args: readonly string[]): Promise<string> {
  const [program, ...before] = inject("kubectl") ?? [];
  if (program === undefined) throw new Error("no kubectl: put one in KUBEBUILDER_ASSETS or in PATH");
  const { stdout } = await promisify(execFile)(program, [...before, ...args]);
  return stdout;
}
