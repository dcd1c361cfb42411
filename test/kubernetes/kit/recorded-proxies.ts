import { createServer, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import pino from "pino";
import { systemClock } from "../../../operator/kubernetes/clock.ts";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { collectionPath, objectPath, resources } from "../../../operator/kubernetes/resources.ts";
import { Reflector } from "../../../operator/observe/reflector.ts";
import { SEQUENCER_LABEL } from "../../../operator/plan/child-metadata.ts";
import { PROXY_PORTS } from "../../../operator/plan/manifests/deployment.ts";
import { ConfigFile } from "../../../proxy/contract/config-file.ts";
import type { ProxyStatus } from "../../../proxy/contract/status.ts";
import { proxyStatus } from "../../unit/operator/kit/observed.ts";
import type { TestSpace } from "./test-space.ts";
import { writtenDocument } from "./written-document.ts";

/** The admin ports of a namespace's proxies, played: what is asked of them is recorded, and an answer can be kept back. */
export type RecordedProxies = AsyncDisposable & {
  readonly statuses: () => Promise<readonly ProxyStatus[]>;
  /** Of every `PUT /config` so far, which sequencer's proxy it reached and with which revision. */
  readonly pushes: readonly string[];
  /** Keeps back the next answer of a sequencer's proxy to `GET /status`. Resolves when there is one to let go. */
  readonly holdNextStatus: (sequencer: string) => Promise<() => void>;
};

/** Plays the kubelet too: every pod is ready as soon as it is there. `cluster` names what the ConfigMaps begin with. */
export function startRecordedProxies(space: TestSpace, cluster = "base"): RecordedProxies {
  const stopping = new AbortController();
  const pushes: string[] = [];
  const running = new Map<string, ConfigFile>();
  const servers = new Map<string, Server>();
  const holds = new Map<string, (letGo: () => void) => void>();
  const network = Math.ceil(Math.random() * 250);

  const serve = async (sequencer: string, pod: string, ip: string): Promise<void> => {
    const mounted = await writtenDocument(space, `${cluster}-${sequencer}`);
    if (mounted !== undefined) running.set(pod, mounted);
    const server = createServer(async (request, response) => {
      if (request.method === "PUT") {
        const document = ConfigFile.parse(await json(request));
        pushes.push(`${sequencer} revision ${document.revision}`);
        if (document.revision > (running.get(pod)?.revision ?? 0)) running.set(pod, document);
        answer(response, { outcome: "accepted", revision: document.revision, problems: [], unknownFields: [] });
        return;
      }
      const document = running.get(pod);
      const held = holds.get(sequencer);
      holds.delete(sequencer);
      if (held !== undefined) await new Promise<void>((letGo) => held(letGo));
      answer(response, document === undefined ? {} : proxyStatus(document));
    });
    servers.set(pod, server);
    await new Promise<void>((resolve) => server.listen(PROXY_PORTS.admin, ip, resolve));
    await space.client.mergePatch(`${objectPath(resources.pods, space.namespace, pod)}/status`, { status: ready(ip) });
  };
  const end = (pod: string): void => {
    servers.get(pod)?.closeAllConnections();
    servers.get(pod)?.close();
    servers.delete(pod);
    running.delete(pod);
  };
  const begun: Promise<void>[] = [];
  const begin = ({ metadata }: KubeObject): void => {
    const ip = `127.${network}.251.${begun.length + 1}`;
    // A pod that went in the meantime is none of its business.
    begun.push(serve(metadata.labels?.[SEQUENCER_LABEL] ?? "", metadata.name, ip).catch(() => undefined));
  };
  const reflector = new Reflector(
    { path: collectionPath(resources.pods, space.namespace), labelSelector: SEQUENCER_LABEL },
    {
      client: space.client,
      clock: systemClock,
      log: pino({ level: "silent" }),
      changed: ({ kind, object }) => {
        if (kind === "added") begin(object);
        if (kind === "deleted") end(object.metadata.name);
      },
    },
  );
  const watching = reflector.run(stopping.signal);
  return {
    pushes,
    statuses: async () => [...running.values()].map((document) => proxyStatus(document)),
    holdNextStatus: (sequencer) => new Promise((held) => void holds.set(sequencer, held)),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.all([watching, ...begun]);
      for (const pod of [...servers.keys()]) end(pod);
    },
  };
}

const answer = (response: ServerResponse, value: object): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

const ready = (ip: string) => ({
  phase: "Running",
  podIP: ip,
  podIPs: [{ ip }],
  conditions: ["Ready", "ContainersReady"].map((type) => ({ type, status: "True" })),
});
