import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadKubeConfig } from "../../../operator/kubernetes/connection.ts";
import type { TestSpace } from "../kit/test-space.ts";
import { ApiProxy } from "./api-proxy.ts";
import { selfSigned } from "./self-signed.ts";
import { TcpGate } from "./tcp-gate.ts";

/** The real API server, behind a proxy that answers wrongly and a network that breaks, both on command. */
export type FaultyApi = AsyncDisposable & {
  /** Kubeconfig of a service account with all rights; its token is read from `tokenFile`, as in a pod. */
  readonly kubeconfig: string;
  readonly tokenFile: string;
  /** Path of a kubeconfig of another user. */
  readonly kubeconfigOf: (name: string, user: object) => Promise<string>;
  /** What the API server answers. */
  readonly proxy: ApiProxy;
  /** The network in front of it. */
  readonly network: TcpGate;
};

const SERVICE_ACCOUNT = "operator";

/** Its clients see nothing but HTTP/2 over TLS on one address. */
export async function startFaultyApi(space: TestSpace): Promise<FaultyApi> {
  const stack = new AsyncDisposableStack();
  const cluster = loadKubeConfig(space.kubeconfig).getCurrentCluster();
  const { key, cert } = selfSigned();
  const ca = Buffer.from(cluster?.caData ?? "", "base64").toString("utf8");
  const proxy = stack.use(new ApiProxy({ key, cert, server: cluster?.server ?? "", ca }));
  const network = new TcpGate(await proxy.listen());
  await network.accept();
  stack.use(network);

  const kubeconfigOf = async (name: string, user: object): Promise<string> => {
    const path = join(space.folder, name);
    const server = `https://127.0.0.1:${network.port}`;
    await writeFile(path, kubeconfigText(server, Buffer.from(cert).toString("base64"), user));
    return path;
  };
  const tokenFile = join(space.folder, "token");
  await makeServiceAccount(space);
  await writeFile(tokenFile, await newToken(space));
  // What the client library makes of the service account in a pod.
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
  return {
    kubeconfig: await kubeconfigOf("service-account", user),
    tokenFile,
    kubeconfigOf,
    proxy,
    network,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const kubeconfigText = (server: string, ca: string, user: object): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": ca } }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });

/** A token of the service account; with `secret` one that is good only as long as that Secret exists. */
export async function newToken(space: TestSpace, secret?: string): Promise<string> {
  const bound = secret === undefined ? [] : ["--bound-object-kind=Secret", `--bound-object-name=${secret}`];
  return await space.kubectl("create", "token", SERVICE_ACCOUNT, ...bound);
}

async function makeServiceAccount({ kubectl, namespace }: TestSpace): Promise<void> {
  await kubectl("create", "serviceaccount", SERVICE_ACCOUNT);
  const subject = `--serviceaccount=${namespace}:${SERVICE_ACCOUNT}`;
  await kubectl("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", subject);
}
