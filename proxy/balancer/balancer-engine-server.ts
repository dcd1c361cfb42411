import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { CallerClaims } from "../engine-api/caller-claims.ts";
import { errorBody, RPC_CODE } from "../engine-api/json-rpc.ts";
import type { Metrics } from "../metrics.ts";
import { type EngineCall, readCall } from "../routes/answer-call.ts";
import type { Reply } from "../routes/reply.ts";
import { addHealthRoutes, type HealthView } from "../servers/health-routes.ts";
import { jsonRpcServer } from "../servers/json-rpc-server.ts";
import { BODY_BYTES_MAX, rawBodyOf, takeRawBodies } from "../servers/raw-body.ts";
import { answerCall } from "./answer-call.ts";
import type { Balancer } from "./balancer.ts";

type Dependencies = {
  readonly balancer: Balancer;
  readonly health: HealthView;
  readonly isDraining: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/** A balancer's engine port: JSON-RPC with JWT, whose claims say who calls; the health routes without. */
export function balancerEngineServer(dependencies: Dependencies): FastifyInstance {
  const { balancer, health, isDraining } = dependencies;
  const server = jsonRpcServer();
  const callers = new WeakMap<object, CallerClaims>();
  takeRawBodies(server);
  addHealthRoutes(server, health);
  server.post("/*", {
    onRequest: (request, reply, done) => {
      const verified = balancer.wiring().inbound.verifier.verify(request.headers.authorization);
      if (verified.kind === "refused") {
        void reply.code(401).type("text/plain").send(`${verified.refusal}\n`);
        return;
      }
      callers.set(request, verified.caller);
      done();
    },
    handler: async (request, reply) => {
      const raw = rawBodyOf(request.body);
      reply.code(200).type("application/json");
      if (raw.kind !== "bytes") return invalid(`the request is larger than ${BODY_BYTES_MAX} bytes`);
      const call = readCall(raw.bytes, request.headers);
      // Between two blocks is the moment to move to the process that replaces this one.
      if (isDraining() && call.route.kind === "get-payload") reply.header("connection", "close");
      return (await answer(call, callers.get(request) ?? NOBODY, dependencies)).body;
    },
  });
  server.setErrorHandler((_error, _request, reply) =>
    reply.code(200).type("application/json").send(invalid("the request could not be read")),
  );
  return server;
}

const NOBODY: CallerClaims = { id: undefined, leadership: "unknown" };

const invalid = (message: string): Buffer => errorBody(undefined, RPC_CODE.invalidRequest, message);

async function answer(call: EngineCall, caller: CallerClaims, dependencies: Dependencies): Promise<Reply> {
  const { balancer, metrics, log } = dependencies;
  const startedMs = balancer.clock.monotonicMs();
  try {
    return await answerCall(call, caller, balancer);
  } catch (error) {
    // A fault of ours must not cost a block: the proxy falls back to its execution client.
    metrics.violated();
    log.error({ err: error, method: call.label }, "invariant violated: answered with an error");
    return { body: errorBody(call.rpc?.id, RPC_CODE.internal, "the balancer failed") };
  } finally {
    metrics.answered(call.label, (balancer.clock.monotonicMs() - startedMs) / 1000);
  }
}
