import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { errorBody, RPC_CODE } from "../engine-api/json-rpc.ts";
import type { Metrics } from "../metrics.ts";
import { answerCall, readCall } from "../routes/answer-call.ts";
import { passThrough } from "../routes/pass-through.ts";
import type { Reply } from "../routes/reply.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { addHealthRoutes, type HealthView } from "./health-routes.ts";
import { jsonRpcServer } from "./json-rpc-server.ts";
import { PlainCalls } from "./plain-calls.ts";
import { BODY_BYTES_MAX, rawBodyOf, takeRawBodies } from "./raw-body.ts";
import { sendReply } from "./send-reply.ts";

type Dependencies = {
  readonly proxy: SequencerProxy;
  readonly health: HealthView;
  readonly isDraining: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Answers calls without a JWT too, as the rpc port does: never `engine_*`. For those who had one port for all. */
  readonly plainWithoutToken?: boolean;
};

/** The engine port: JSON-RPC with JWT, and the health routes without. */
export function engineServer(dependencies: Dependencies): FastifyInstance {
  const { proxy, health } = dependencies;
  const plain = dependencies.plainWithoutToken === true ? new PlainCalls(proxy) : undefined;
  const plainFor = (request: FastifyRequest): PlainCalls | undefined =>
    request.headers.authorization === undefined ? plain : undefined;
  const server = jsonRpcServer();
  takeRawBodies(server, (request) => {
    const plainCalls = plainFor(request);
    return plainCalls === undefined ? undefined : (bytes) => plainCalls.take(request, bytes);
  });
  addHealthRoutes(server, health);
  server.post("/*", {
    onRequest: (request, reply, done) => {
      const plainCalls = plainFor(request);
      const refusal =
        plainCalls === undefined ? proxy.wiring().inbound.verifier.refusal(request.headers.authorization) : undefined;
      if (refusal !== undefined) {
        void reply.code(401).type("text/plain").send(`${refusal}\n`);
        return;
      }
      plainCalls?.begin(request, reply);
      done();
    },
    handler: async (request, reply) =>
      sendReply(reply, await (plainFor(request)?.answer(request) ?? answer(request, reply, dependencies))),
  });
  server.setErrorHandler((_error, _request, reply) =>
    sendReply(reply, { body: errorBody(undefined, RPC_CODE.invalidRequest, "the request could not be read") }),
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
  if (raw.kind !== "bytes") {
    return {
      body: errorBody(undefined, RPC_CODE.invalidRequest, `the request is larger than ${BODY_BYTES_MAX} bytes`),
    };
  }
  const call = readCall(raw.bytes, request.headers);
  try {
    return await answerCall(call, proxy);
  } catch (error) {
    // A fault of ours must not cost a block: op-node gets the execution client's answer.
    metrics.violated();
    log.error({ err: error, method: call.label }, "invariant violated: the execution client answers instead");
    return passThrough(call.raw, proxy);
  } finally {
    // Between two blocks is the moment to move to the process that replaces this one.
    if (isDraining() && call.route.kind === "get-payload") reply.header("connection", "close");
    metrics.answered(call.label, (proxy.clock.monotonicMs() - startedMs) / 1000);
  }
}
