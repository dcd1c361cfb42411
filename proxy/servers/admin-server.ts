import fastify, { type FastifyInstance } from "fastify";
import type { Problem } from "../contract/problems.ts";
import type { ConfigPushAnswer, ProxyStatus } from "../contract/status.ts";
import type { ExecutionModes } from "../execution-modes.ts";
import type { Ledger } from "../ledger.ts";
import type { Metrics } from "../metrics.ts";
import { requireToken } from "./bearer-token.ts";
import { addHealthRoutes, type HealthView, ROUTER_OPTIONS } from "./health-routes.ts";
import { listed } from "./listed.ts";

type Dependencies = {
  readonly status: () => ProxyStatus;
  readonly push: (document: unknown) => Promise<ConfigPushAnswer>;
  /** The bearer token writes need; undefined while its file is missing: then none is taken. */
  readonly adminToken: () => string | undefined;
  readonly modes: ExecutionModes;
  readonly ledger: Ledger;
  readonly health: HealthView;
  readonly metrics: Metrics;
};

/** A config document has a few KiB; a builder more adds 200 bytes. */
const DOCUMENT_BYTES_MAX = 1024 * 1024;

const REQUEST_TIMEOUT_MS = 10_000;

const JSON_TYPE = "application/json; charset=utf-8";

/** A document that could not be kept is no fault of who sent it: to be sent again. */
const httpStatusOf = ({ outcome, notKept }: ConfigPushAnswer): number =>
  notKept === undefined ? HTTP_STATUS[outcome] : 503;

const HTTP_STATUS: Readonly<Record<ConfigPushAnswer["outcome"], number>> = {
  accepted: 200,
  unchanged: 200,
  refused: 400,
  ignored: 409,
  conflict: 409,
};

/** The admin port: status and metrics for everyone who reaches it, writes with the bearer token. */
export function adminServer(dependencies: Dependencies): FastifyInstance {
  const { status, push, adminToken, modes, ledger, health, metrics } = dependencies;
  const server = fastify({
    bodyLimit: DOCUMENT_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    routerOptions: ROUTER_OPTIONS,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => done(null, text));
  addHealthRoutes(server, health);
  server.get("/status", () => status());
  server.get("/metrics", async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  server.get("/blocks", (_, reply) => reply.type(JSON_TYPE).send(listed(ledger.decisions)));
  server.get<{ Params: { block: string } }>("/blocks/:block", (request, reply) => {
    const decisions = ledger.decisionsOf(request.params.block);
    return decisions.length > 0
      ? reply.send(decisions)
      : reply.code(404).send({ error: "no decision on that block is kept: ask for a number or hash of GET /blocks" });
  });
  const onRequest = requireToken(adminToken);
  server.put("/config", {
    onRequest,
    handler: async (request, reply) => {
      const document = jsonOf(request.body);
      const answer = document === undefined ? refused(status().revision, NOT_JSON) : await push(document);
      return reply.code(httpStatusOf(answer)).send(answer);
    },
    errorHandler: (error, _, reply) =>
      reply.code(error.statusCode ?? 400).send(refused(status().revision, unreadable(error))),
  });
  server.put("/execution-mode", {
    onRequest,
    handler: async (request, reply) => {
      const document = jsonOf(request.body);
      const problems = document === undefined ? [NOT_JSON] : await modes.adminHand.set(document);
      return problems.length > 0 ? reply.code(400).send({ problems }) : reply.send(modes.all);
    },
    errorHandler: (error, _, reply) => reply.code(error.statusCode ?? 400).send({ problems: [unreadable(error)] }),
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

const NOT_JSON: Problem = { path: "", found: "a body that is not JSON", allowed: "a JSON document" };

const unreadable = (error: { readonly statusCode?: number }): Problem => ({
  path: "",
  found: error.statusCode === 413 ? "a body that is too large" : "a body that cannot be read",
  allowed: `a JSON document of at most ${DOCUMENT_BYTES_MAX} bytes`,
});

const refused = (revision: number, problem: Problem): ConfigPushAnswer => ({
  outcome: "refused",
  revision,
  problems: [problem],
  unknownFields: [],
});
