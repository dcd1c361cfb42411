import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { errorBody, RPC_CODE, type RpcRequest, viewRequest } from "../engine-api/json-rpc.ts";
import { routeOf } from "../engine-api/methods.ts";
import type { Metrics } from "../metrics.ts";
import { forkchoiceUpdated } from "../routes/forkchoice-updated.ts";
import { getPayload } from "../routes/get-payload.ts";
import { newPayload } from "../routes/new-payload.ts";
import { passThrough } from "../routes/pass-through.ts";
import type { Reply } from "../routes/reply.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { addHealthRoutes, type HealthView } from "./health-routes.ts";
import { BODY_BYTES_MAX, rawBodyOf, takeRawBodies } from "./raw-body.ts";

type Dependencies = {
  readonly proxy: SequencerProxy;
  readonly health: HealthView;
  readonly isDraining: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/** op-node keeps idle connections for 90 s (E-1): closing earlier would race with its next call. */
export const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/** How long a request's bytes may take, as with execution clients (E-4): a body that stalls must not be held for ever. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** The engine port: JSON-RPC with JWT, and the health routes without. */
export function engineServer(dependencies: Dependencies): FastifyInstance {
  const { proxy, health } = dependencies;
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    routerOptions: { ignoreDuplicateSlashes: true },
  });
  takeRawBodies(server);
  addHealthRoutes(server, health);
  server.post("/*", {
    onRequest: async (request, reply) => {
      const refusal = await proxy.wiring().inbound.verifier.refusal(request.headers.authorization);
      if (refusal !== undefined) return reply.code(401).type("text/plain").send(`${refusal}\n`);
      return undefined;
    },
    handler: async (request, reply) => send(reply, await answer(request, reply, dependencies)),
  });
  server.setErrorHandler((_error, _request, reply) =>
    send(reply, { body: errorBody(undefined, RPC_CODE.invalidRequest, "the request could not be read") }),
  );
  return server;
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { proxy, isDraining, metrics, log }: Dependencies,
): Promise<Reply> {
  const startedMs = proxy.clock.monotonicMs();
  const raw = rawBodyOf(request.body);
  if (raw.kind === "tooLarge") {
    return {
      body: errorBody(undefined, RPC_CODE.invalidRequest, `the request is larger than ${BODY_BYTES_MAX} bytes`),
    };
  }
  const contentEncoding = request.headers["content-encoding"];
  const rpc = contentEncoding === undefined ? viewRequest(raw.bytes) : undefined;
  const call = {
    id: rpc?.id,
    body: raw.bytes,
    acceptEncoding: single(request.headers["accept-encoding"]),
    contentEncoding,
  };
  const route = rpc === undefined ? undefined : routeOf(rpc.method).kind;
  try {
    return await dispatch(rpc, call, proxy);
  } catch (error) {
    // A fault of ours must not cost a block: op-node gets the execution client's answer.
    metrics.violated();
    log.error({ err: error, method: route }, "invariant violated: the execution client answers instead");
    return passThrough(call, proxy);
  } finally {
    // Between two blocks is the moment to move to the process that replaces this one.
    if (isDraining() && route === "get-payload") reply.header("connection", "close");
    metrics.answered(
      route === undefined || route === "pass-through" ? "pass_through" : (rpc?.method ?? ""),
      (proxy.clock.monotonicMs() - startedMs) / 1000,
    );
  }
}

function dispatch(
  rpc: RpcRequest | undefined,
  call: Parameters<typeof passThrough>[0],
  proxy: SequencerProxy,
): Promise<Reply> {
  if (rpc === undefined) return passThrough(call, proxy);
  const route = routeOf(rpc.method);
  switch (route.kind) {
    case "forkchoice-updated":
      return forkchoiceUpdated(rpc, proxy);
    case "get-payload":
      return getPayload(rpc, route.validate, proxy);
    case "new-payload":
      return newPayload(rpc, proxy);
    case "pass-through":
      return passThrough(call, proxy);
  }
}

function send(reply: FastifyReply, answered: Reply): FastifyReply {
  if (answered.contentEncoding !== undefined) reply.header("content-encoding", answered.contentEncoding);
  return reply.code(200).type("application/json").send(answered.body);
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(", ") : value;
