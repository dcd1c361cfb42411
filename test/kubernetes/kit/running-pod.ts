import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { z } from "zod";
import type { KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { objectPath, resources } from "../../../operator/kubernetes/resources.ts";
import { MountedVolume } from "./mounted-volume.ts";
import { PodSpec, podStatus } from "./pod-parts.ts";

const PROXY_MAIN = join(import.meta.dirname, "../../../proxy/main.ts");
const PROBE_MS = 100;
const RESTART_MS = 200;
const MOUNT_RETRY_MS = 100;
/** A kubelet looks at a pod's volumes about this often, unless the pod itself changes. */
const SYNC_MS = 60_000;

const Data = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** One pod: its volumes in a folder, its one container as a process, its status in the API. */
export class RunningPod {
  readonly name: string;
  /** A loopback address of its own, as every pod has (all of 127.0.0.0/8 answers on Linux). */
  readonly ip = `127.${randomByte()}.${randomByte()}.${randomByte()}`;
  readonly #namespace: string;
  readonly #spec: PodSpec;
  readonly #folder: string;
  readonly #client: KubeClient;
  readonly #ending = new AbortController();
  readonly #volumes = new Map<string, MountedVolume>();
  #process: ChildProcess | undefined;
  #lastSync: Promise<unknown> = Promise.resolve();
  #shown = "";

  constructor(pod: KubeObject, folder: string, client: KubeClient) {
    this.name = pod.metadata.name;
    this.#namespace = pod.metadata.namespace ?? "";
    this.#spec = PodSpec.parse(pod.spec);
    this.#folder = folder;
    this.#client = client;
  }

  get adminUrl(): string {
    return `http://${this.ip}:${this.#port("admin")}`;
  }

  get engineUrl(): string {
    return `http://${this.ip}:${this.#port("engine")}`;
  }

  /** The document its process last took and kept; rejects while it took none beside the mounted one. */
  async keptDocument(): Promise<unknown> {
    return JSON.parse(await readFile(join(this.#folder, "state", "config.json"), "utf8"));
  }

  /** What its processes wrote to stdout and stderr. */
  get logFile(): string {
    return join(this.#folder, "log");
  }

  /** Identifies the process: another one after a restart. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The container's image, as the kubelet would pull it. */
  get image(): string {
    return this.#spec.containers[0].image;
  }

  /** As the kubelet does when the pod has changed: mounts what its ConfigMap and Secret hold now. */
  sync(): void {
    const { signal } = this.#ending;
    this.#lastSync = this.#lastSync.then(() => this.#mountVolumes(signal)).catch(() => undefined);
  }

  /** As the kubelet does when the pod was deleted. */
  terminate(): void {
    this.#ending.abort();
    this.#process?.kill("SIGTERM");
  }

  /** Runs and restarts the container until the pod is terminated or `signal` kills it at once. */
  async run(signal: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([signal, this.#ending.signal]);
    this.#lastSync = this.#mountVolumes(ending);
    await this.#lastSync;
    const syncing = setInterval(() => this.sync(), SYNC_MS);
    await this.#runContainer(signal, ending);
    clearInterval(syncing);
    await this.#lastSync;
  }

  async #runContainer(signal: AbortSignal, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      const child = this.#start();
      const exited = once(child, "exit");
      const kill = (): void => void child.kill("SIGKILL");
      signal.addEventListener("abort", kill, { once: true });
      if (signal.aborted) kill();
      await Promise.race([exited, this.#probe(ending)]);
      await exited;
      signal.removeEventListener("abort", kill);
      await this.#show(false, ending);
      await pause(RESTART_MS, ending);
    }
  }

  #start(): ChildProcess {
    const { args } = this.#spec.containers[0];
    const child = spawn(
      process.execPath,
      [
        PROXY_MAIN,
        ...args.map((arg) => this.#mapped(arg)),
        "--host",
        this.ip,
        "--debug-host",
        this.ip,
        "--exit-with-parent",
      ],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    const log = createWriteStream(this.logFile, { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#process = child;
    return child;
  }

  /** A path of the container as a path in our folder. */
  #mapped(arg: string): string {
    return this.#spec.containers[0].volumeMounts.reduce(
      (text, { name, mountPath }) => text.replaceAll(mountPath, join(this.#folder, name)),
      arg,
    );
  }

  /** Waits for what is not there yet, as the kubelet does. */
  async #mountVolumes(ending: AbortSignal): Promise<void> {
    for (const volume of this.#spec.volumes) {
      const folder = join(this.#folder, volume.name);
      await mkdir(folder, { recursive: true });
      const mounted = this.#volumes.get(volume.name) ?? new MountedVolume(folder);
      this.#volumes.set(volume.name, mounted);
      if (volume.configMap !== undefined) {
        const { data } = await this.#mounted(resources.configMaps, volume.configMap.name, ending);
        await mounted.show(filesOf(data, "utf8"));
      }
      if (volume.secret !== undefined) {
        const { data } = await this.#mounted(resources.secrets, volume.secret.secretName, ending);
        await mounted.show(filesOf(data, "base64"));
      }
    }
  }

  async #mounted(
    resource: (typeof resources)["configMaps" | "secrets"],
    name: string,
    ending: AbortSignal,
  ): Promise<z.infer<typeof Data>> {
    while (!ending.aborted) {
      const object = await this.#client.get(objectPath(resource, this.#namespace, name));
      if (object !== undefined) return Data.parse(object);
      await pause(MOUNT_RETRY_MS, ending);
    }
    return { data: {} };
  }

  async #probe(ending: AbortSignal): Promise<void> {
    const { path, port } = this.#spec.containers[0].readinessProbe.httpGet;
    while (!ending.aborted) {
      const url = `http://${this.ip}:${this.#port(port)}${path}`;
      const ready = await request(url, { signal: AbortSignal.timeout(1_000) }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode === 200;
        },
        () => false,
      );
      await this.#show(ready, ending);
      await pause(PROBE_MS, ending);
    }
  }

  #port(name: string): number {
    return this.#spec.containers[0].ports.find((port) => port.name === name)?.containerPort ?? 0;
  }

  async #show(ready: boolean, ending: AbortSignal): Promise<void> {
    const status = podStatus(this.ip, this.#spec.containers[0], ready);
    const shown = JSON.stringify(status);
    if (ending.aborted || shown === this.#shown) return;
    try {
      const path = `${objectPath(resources.pods, this.#namespace, this.name)}/status`;
      await this.#client.mergePatch(path, { status }, ending);
      this.#shown = shown;
    } catch {
      // The pod has gone, or the next probe shows it.
    }
  }
}

const filesOf = (
  data: Readonly<Record<string, string>>,
  encoding: "utf8" | "base64",
): Readonly<Record<string, Buffer>> =>
  Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, encoding)]));

const randomByte = (): number => 1 + Math.floor(Math.random() * 254);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  );
