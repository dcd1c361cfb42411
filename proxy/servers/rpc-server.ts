import type { FastifyInstance } from "fastify";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { addHealthRoutes, type HealthView } from "./health-routes.ts";
import { jsonRpcServer } from "./json-rpc-server.ts";
import { PlainCalls } from "./plain-calls.ts";
import { takeRawBodies } from "./raw-body.ts";
import { sendReply } from "./send-reply.ts";

/** Connections to this port: each costs some KiB and a file of the process, and the engine port lives beside it. */
const RPC_CONNECTIONS_MAX = 2_000;

type Dependencies = {
  readonly proxy: SequencerProxy;
  readonly health: HealthView;
  /** Default: 256 MiB. */
  readonly budget?: ByteBudget;
};

/** The rpc port: the execution client's plain JSON-RPC without JWT, never `engine_*`, with `/healthz` beside it (E-8). */
export function rpcServer({ proxy, health, budget }: Dependencies): FastifyInstance {
  const server = jsonRpcServer();
  server.server.maxConnections = RPC_CONNECTIONS_MAX;
  const plain = new PlainCalls(proxy, budget);
  takeRawBodies(server, (request) => (bytes) => plain.take(request, bytes));
  addHealthRoutes(server, health);
  server.post("/*", {
    onRequest: async (request, reply) => plain.begin(request, reply),
    handler: async (request, reply) => sendReply(reply, await plain.answer(request)),
  });
  return server;
}
