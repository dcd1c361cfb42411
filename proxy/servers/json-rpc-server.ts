import fastify, { type FastifyInstance } from "fastify";
import { ROUTER_OPTIONS } from "./health-routes.ts";
import { BODY_BYTES_MAX } from "./raw-body.ts";

/** op-node keeps idle connections for 90 s (E-1): closing earlier would race with its next call. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/** How long a request's bytes may take, as with execution clients (E-4): a body that stalls must not be held for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A server for JSON-RPC as execution clients serve it, with their bounds and without routes; it still answers while it closes. */
export const jsonRpcServer = (): FastifyInstance =>
  fastify({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    routerOptions: ROUTER_OPTIONS,
  });
