import fastify, { type FastifyInstance } from "fastify";
import { errorBody, RPC_CODE, viewRequest } from "../engine-api/json-rpc.ts";
import { type JsonView, member, stringOf, viewJson } from "../engine-api/json-view.ts";
import { relay } from "../routes/reply.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { KEEP_ALIVE_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "./engine-server.ts";
import { addHealthRoutes, type HealthView } from "./health-routes.ts";
import { BODY_BYTES_MAX, rawBodyOf, takeRawBodies } from "./raw-body.ts";

/** The rpc port: the execution client's plain JSON-RPC without JWT, never `engine_*`, with `/healthz` beside it (E-8). */
export function rpcServer({
  proxy,
  health,
}: {
  readonly proxy: SequencerProxy;
  readonly health: HealthView;
}): FastifyInstance {
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    routerOptions: { ignoreDuplicateSlashes: true },
  });
  takeRawBodies(server);
  addHealthRoutes(server, health);
  server.post("/*", async (request, reply) => {
    const raw = rawBodyOf(request.body);
    reply.type("application/json");
    if (raw.kind === "tooLarge") {
      return errorBody(undefined, RPC_CODE.invalidRequest, `the request is larger than ${BODY_BYTES_MAX} bytes`);
    }
    const contentEncoding = request.headers["content-encoding"];
    const methods = contentEncoding === undefined ? methodsOf(raw.bytes) : undefined;
    if (methods === undefined) {
      return errorBody(
        undefined,
        RPC_CODE.invalidRequest,
        "the request is not plain JSON-RPC that can be read in one way",
      );
    }
    const id = viewRequest(raw.bytes)?.id;
    if (methods.some((method) => method.startsWith("engine_"))) {
      return errorBody(id, RPC_CODE.methodNotFound, "engine_* methods are served on the engine port only");
    }
    const answer = relay(
      id,
      await proxy.wiring().executionClient.plainCall({
        body: raw.bytes,
        acceptEncoding: request.headers["accept-encoding"]?.toString(),
        contentEncoding,
      }),
    );
    if (answer.contentEncoding !== undefined) reply.header("content-encoding", answer.contentEncoding);
    return answer.body;
  });
  return server;
}

/**
 * The methods of a call or batch; undefined where they cannot be told for sure, since what is not understood could be an
 * `engine_*` call to another reader.
 */
function methodsOf(body: Buffer): readonly string[] | undefined {
  const view = viewJson(body);
  if (view === undefined) return undefined;
  const calls: readonly JsonView[] = view.kind === "array" ? view.items : [view];
  const methods = calls.map((call) => stringOf(body, member(call, "method")) ?? "");
  return methods.some((method) => method.includes("\\")) ? undefined : methods;
}
