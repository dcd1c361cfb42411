import type { FastifyInstance } from "fastify";

/** What the health routes ask. Nothing of it waits for anything, so they answer at once under any load (F-10). */
export type HealthView = {
  /** The execution client can be used. Trouble with builders alone must not move leadership (F-9). */
  readonly isHealthy: () => boolean;
  readonly isReady: () => boolean;
};

/** `/healthz` 200 or 503 as op-conductor reads it, `/readyz` 200 or 503 and `/livez` 200 as Kubernetes does. No JWT. */
export function addHealthRoutes(server: FastifyInstance, health: HealthView): void {
  server.get("/healthz", (_, reply) =>
    health.isHealthy() ? reply.send("OK") : reply.code(503).send("Service Unavailable"),
  );
  server.get("/readyz", (_, reply) =>
    health.isReady() ? reply.send("OK") : reply.code(503).send("Service Unavailable"),
  );
  server.get("/livez", (_, reply) => reply.send("OK"));
}
