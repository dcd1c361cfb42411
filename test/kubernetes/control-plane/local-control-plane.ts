import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { Supervisor } from "./supervisor.ts";

/** How each program is started, before its own flags. */
export type ControlPlanePrograms = {
  readonly etcd: readonly string[];
  readonly apiserver: readonly string[];
  readonly controllerManager: readonly string[];
};

/** A control plane that runs. */
export type ControlPlane = {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string;
  /** Kills the API server and starts it again in the same place; undefined where that cannot be done. */
  readonly restartApiServer: (() => Promise<void>) | undefined;
  close(): Promise<void>;
};

/** Alone it takes 4 s; a machine busy with builds takes longer. */
const START_DEADLINE_MS = 120_000;
const POLL_MS = 100;
const PORT_ATTEMPTS_MAX = 3;
const SERVICE_CIDR = "10.96.0.0/16";

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on free loopback ports, with `prepare` before the last. They end with this process, and their
 * data goes with them. Throws with the last log lines of the one that did not come up.
 */
export async function startLocalControlPlane(
  programs: ControlPlanePrograms,
  prepare: (kubeconfig: string) => Promise<void>,
): Promise<ControlPlane> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePorts(programs, prepare);
    } catch (error) {
      // A free port may be taken by someone else before the program listens on it.
      if (attempt === PORT_ATTEMPTS_MAX || !String(error).includes("address already in use")) throw error;
    }
  }
}

async function startOnFreePorts(
  programs: ControlPlanePrograms,
  prepare: (kubeconfig: string) => Promise<void>,
): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), "rollup-boost-operator-kubernetes-"));
  const supervisor = new Supervisor(folder);
  const file = (name: string): string => join(folder, name);
  const start = (name: string, command: readonly string[]): void =>
    supervisor.start({ name, command, logFile: file(`${name}.log`) });
  try {
    const [apiPort, etcdPort, peerPort] = await freePorts();
    const adminToken = randomBytes(16).toString("hex");
    const controllerToken = randomBytes(16).toString("hex");
    await writeServiceAccountKeys(file("sa.key"), file("sa.pub"));
    await writeFile(
      file("tokens.csv"),
      `${adminToken},admin,admin,"system:masters"\n${controllerToken},system:kube-controller-manager,controllers\n`,
    );

    start("etcd", [...programs.etcd, ...etcdFlags(file("etcd"), etcdPort, peerPort)]);
    const startApiServer = (): void =>
      start("kube-apiserver", [...programs.apiserver, ...apiserverFlags(file, apiPort, etcdPort)]);
    startApiServer();
    const server = `https://127.0.0.1:${apiPort}`;
    const ready = (): Promise<boolean> => answers(`${server}/readyz`, file("pki/apiserver.crt"), adminToken);
    await until(ready, "kube-apiserver", supervisor);

    const ca = await readFile(file("pki/apiserver.crt"), "utf8");
    await writeFile(file("kubeconfig"), kubeconfig(server, ca, adminToken));
    await writeFile(file("controller-manager.kubeconfig"), kubeconfig(server, ca, controllerToken));
    await prepare(file("kubeconfig"));
    start("kube-controller-manager", [...programs.controllerManager, ...controllerManagerFlags(file)]);
    // Until it is there no pod can be made, and the controllers back off for seconds.
    const serviceAccount = `${server}/api/v1/namespaces/default/serviceaccounts/default`;
    const controllersWork = (): Promise<boolean> => answers(serviceAccount, file("pki/apiserver.crt"), adminToken);
    await until(controllersWork, "kube-controller-manager", supervisor);
    const restartApiServer = async (): Promise<void> => {
      await supervisor.kill("kube-apiserver");
      startApiServer();
      await until(ready, "kube-apiserver", supervisor);
    };
    return { kubeconfig: file("kubeconfig"), restartApiServer, close: () => supervisor.close() };
  } catch (error) {
    await supervisor.close();
    throw error;
  }
}

const etcdFlags = (folder: string, port: number, peerPort: number): readonly string[] => [
  "--name=test",
  `--data-dir=${folder}`,
  "--unsafe-no-fsync",
  "--log-level=warn",
  `--listen-client-urls=http://127.0.0.1:${port}`,
  `--advertise-client-urls=http://127.0.0.1:${port}`,
  `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
  `--initial-cluster=test=http://127.0.0.1:${peerPort}`,
];

const apiserverFlags = (file: (name: string) => string, port: number, etcdPort: number): readonly string[] => [
  `--etcd-servers=http://127.0.0.1:${etcdPort}`,
  "--bind-address=127.0.0.1",
  "--advertise-address=127.0.0.1",
  `--secure-port=${port}`,
  // It signs a certificate for itself there, so no certificate tool is needed.
  `--cert-dir=${file("pki")}`,
  `--token-auth-file=${file("tokens.csv")}`,
  "--authorization-mode=RBAC",
  `--service-cluster-ip-range=${SERVICE_CIDR}`,
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${file("sa.pub")}`,
  `--service-account-signing-key-file=${file("sa.key")}`,
  "--endpoint-reconciler-type=none",
  "--profiling=false",
];

const controllerManagerFlags = (file: (name: string) => string): readonly string[] => [
  `--kubeconfig=${file("controller-manager.kubeconfig")}`,
  "--secure-port=0",
  "--leader-elect=false",
  "--kube-api-qps=500",
  "--kube-api-burst=1000",
  "--use-service-account-credentials",
  `--service-account-private-key-file=${file("sa.key")}`,
  `--root-ca-file=${file("pki/apiserver.crt")}`,
  `--service-cluster-ip-range=${SERVICE_CIDR}`,
];

const kubeconfig = (server: string, ca: string, token: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });

async function writeServiceAccountKeys(privatePath: string, publicPath: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writeFile(privatePath, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  await writeFile(publicPath, publicKey.export({ type: "spki", format: "pem" }));
}

/** Held at the same time, so that they differ. */
async function freePorts(): Promise<readonly [number, number, number]> {
  const servers = [createServer(), createServer(), createServer()] as const;
  const port = async (server: (typeof servers)[number]): Promise<number> => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  };
  const ports = [await port(servers[0]), await port(servers[1]), await port(servers[2])] as const;
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function answers(url: string, certificatePath: string, token: string): Promise<boolean> {
  const ca = await readFile(certificatePath).catch(() => undefined);
  if (ca === undefined) return false;
  const dispatcher = new Agent({ connect: { ca } });
  try {
    const response = await request(url, { dispatcher, headers: { authorization: `Bearer ${token}` } });
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}

async function until(condition: () => Promise<boolean>, program: string, supervisor: Supervisor): Promise<void> {
  const deadlineMs = performance.now() + START_DEADLINE_MS;
  while (!(await condition())) {
    supervisor.throwIfEnded();
    if (performance.now() > deadlineMs) {
      throw new Error(`${program} is not ready after ${START_DEADLINE_MS} ms:\n${supervisor.lastLogLines(program)}`);
    }
    await sleep(POLL_MS);
  }
}
