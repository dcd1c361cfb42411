import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createListener, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PROXY_PORTS } from "../../../operator/plan/manifests/deployment.ts";
import { ConfigFile } from "../../../proxy/contract/config-file.ts";
import type { ConfigPushAnswer, ProxyStatus } from "../../../proxy/contract/status.ts";

/** A config document that reached a proxy. */
type Push = { readonly document: ConfigFile; readonly atMs: number };

/** What the admin ports of all proxies answer, each on a loopback address of its own, in this one process. */
export type SimulatedProxies = AsyncDisposable & {
  /** Starts one and gives its address; all of 127.0.0.0/8 answers on Linux. */
  readonly start: () => Promise<string>;
  /** Resolves at the next push that `matches`; rejects after `withinMs`. */
  readonly nextPush: (matches: (document: ConfigFile) => boolean, withinMs: number) => Promise<Push>;
  /** `GET /status` answered so far. */
  readonly asked: () => number;
  /** `PUT /config` answered so far. */
  readonly pushed: () => number;
};

const STARTED_AT = new Date().toISOString();

/** No proxy listens yet. */
export function simulatedProxies(): SimulatedProxies {
  // Runs of other people's tests use loopback addresses too: a second byte of our own keeps out of their way.
  const network = 64 + Math.floor(Math.random() * 180);
  const running = new Map<string, ConfigFile>();
  const listeners: Server[] = [];
  const pushes = new EventEmitter<{ push: [Push] }>();
  const counts = { asked: 0, pushed: 0 };

  const http = createServer((request, response) => {
    const address = request.socket.localAddress ?? "";
    if (request.method === "PUT") void accept(address, request, response);
    else {
      counts.asked += 1;
      answer(response, statusOf(running.get(address)));
    }
  });
  http.keepAliveTimeout = 65_000;

  async function accept(address: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const document = ConfigFile.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    counts.pushed += 1;
    running.set(address, document);
    pushes.emit("push", { document, atMs: performance.now() });
    const accepted: ConfigPushAnswer = {
      outcome: "accepted",
      revision: document.revision,
      problems: [],
      unknownFields: [],
    };
    answer(response, accepted);
  }

  return {
    start: async () => {
      const number = listeners.length + 1;
      const address = `127.${network}.${Math.floor(number / 250)}.${1 + (number % 250)}`;
      const listener = createListener((socket) => http.emit("connection", socket));
      listeners.push(listener);
      await new Promise<void>((resolve, reject) => {
        listener.once("error", reject);
        listener.listen(PROXY_PORTS.admin, address, resolve);
      });
      return address;
    },
    nextPush: async (matches, withinMs) => {
      const found = Promise.withResolvers<Push>();
      const look = (push: Push): void => {
        if (matches(push.document)) found.resolve(push);
      };
      pushes.on("push", look);
      const deadline = new AbortController();
      const late = sleep(withinMs, undefined, { signal: deadline.signal }).then(
        () => found.reject(new Error(`no such config was pushed within ${withinMs} ms`)),
        () => undefined,
      );
      try {
        return await found.promise;
      } finally {
        pushes.off("push", look);
        deadline.abort();
        await late;
      }
    },
    asked: () => counts.asked,
    pushed: () => counts.pushed,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
    },
  };
}

function answer(response: ServerResponse, value: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

const statusOf = (document: ConfigFile | undefined): ProxyStatus => ({
  schemaVersion: 1,
  version: "bench",
  cluster: document?.cluster ?? "none",
  sequencer: document?.sequencer ?? "none",
  role: "sequencer",
  startedAt: STARTED_AT,
  revision: document?.revision ?? 0,
  unknownFields: [],
  executionMode: document?.executionMode ?? "enabled",
  ready: true,
  draining: false,
  executionClient: { usable: true, since: STARTED_AT },
  builders: (document?.builders ?? []).map(({ name }) => ({ name, state: "healthy", since: STARTED_AT })),
  blocks: { builder: 0, executionClient: 0, unanswered: 0, byFallbackReason: {} },
  lastDecisions: [],
});
