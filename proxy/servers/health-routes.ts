import type { FastifyInstance } from "fastify";
import { VERSION } from "../version.ts";

/** op-conductor puts `/healthz` behind its `execution.rpc` as it stands, which may end in a slash (engine contract 1.4). */
export const ROUTER_OPTIONS = { ignoreDuplicateSlashes: true, ignoreTrailingSlash: true } as const;

/** What the health routes ask. Nothing of it waits for anything, so they answer at once under any load (F-10). */
export type HealthView = {
  /** The execution client can be used. Trouble with builders alone must not move leadership (F-9). */
  readonly isHealthy: () => boolean;
  readonly isReady: () => boolean;
};

/**
 * `/healthz` 200 or 503 as op-conductor's `rollup-boost.enabled` reads it, `/healthz/json` always 200 as its
 * `rollup-boost.next-enabled` does (engine contract 1.4), `/readyz` 200 or 503 and `/livez` 200 as Kubernetes does. No JWT.
 */
export function addHealthRoutes(server: FastifyInstance, health: HealthView): void {
  server.get("/healthz", (_, reply) =>
    health.isHealthy() ? reply.send("OK") : reply.code(503).send("Service Unavailable"),
  );
  server.get("/healthz/json", (_, reply) =>
    reply.send({ version: VERSION, rollup_boost_health: health.isHealthy() ? "Healthy" : "ServiceUnavailable" }),
  );
  server.get("/readyz", (_, reply) =>
    health.isReady() ? reply.send("OK") : reply.code(503).send("Service Unavailable"),
  );
  server.get("/livez", (_, reply) => reply.send("OK"));
}
