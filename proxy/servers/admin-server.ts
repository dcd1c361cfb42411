import { createHash, timingSafeEqual } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import type { ConfigPushAnswer, ProxyStatus } from "../contract/status.ts";
import type { Metrics } from "../metrics.ts";
import { addHealthRoutes, type HealthView } from "./health-routes.ts";

type Dependencies = {
  readonly status: () => ProxyStatus;
  readonly push: (document: unknown) => Promise<ConfigPushAnswer>;
  /** The bearer token writes need; undefined while its file is missing: then none is taken. */
  readonly adminToken: () => string | undefined;
  readonly health: HealthView;
  readonly metrics: Metrics;
};

/** A config document has a few KiB; a builder more adds 200 bytes. */
const DOCUMENT_BYTES_MAX = 1024 * 1024;

const HTTP_STATUS: Readonly<Record<ConfigPushAnswer["outcome"], number>> = {
  accepted: 200,
  unchanged: 200,
  refused: 400,
  ignored: 409,
  conflict: 409,
};

/** The admin port: status and metrics for everyone who reaches it, writes with the bearer token. */
export function adminServer({ status, push, adminToken, health, metrics }: Dependencies): FastifyInstance {
  const server = fastify({ bodyLimit: DOCUMENT_BYTES_MAX, return503OnClosing: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => done(null, text));
  addHealthRoutes(server, health);
  server.get("/status", () => status());
  server.get("/metrics", async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  server.put("/config", {
    onRequest: async (request, reply) => {
      if (isAuthorized(request.headers.authorization, adminToken())) return undefined;
      return reply.code(401).header("www-authenticate", "Bearer").send({
        error: "the admin token is missing or wrong: send 'Authorization: Bearer <admin-token>'",
      });
    },
    handler: async (request, reply) => {
      const document = jsonOf(request.body);
      const answer = document === undefined ? notJson(status().revision) : await push(document);
      return reply.code(HTTP_STATUS[answer.outcome]).send(answer);
    },
  });
  return server;
}

/** The value a JSON text stands for; undefined where it is none. */
function jsonOf(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

const notJson = (revision: number): ConfigPushAnswer => ({
  outcome: "refused",
  revision,
  problems: [{ path: "", found: "a body that is not JSON", allowed: "a config document" }],
  unknownFields: [],
});

function isAuthorized(header: string | undefined, token: string | undefined): boolean {
  const given = header?.match(/^Bearer (\S+)$/)?.[1];
  return given !== undefined && token !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** Equal lengths, so that the comparison takes the same time for every guess. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
