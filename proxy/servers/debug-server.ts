import fastify, { type FastifyInstance } from "fastify";
import type { ExecutionMode } from "../contract/config-file.ts";
import { requireToken } from "./bearer-token.ts";
import { answerDebugCalls, debugError } from "./debug-calls.ts";

type ModeRequest = { readonly mode: ExecutionMode; readonly who: string; readonly why: string };

type Dependencies = {
  readonly modes: {
    readonly effective: ExecutionMode;
    readonly adminHand: { readonly set: (request: ModeRequest) => Promise<unknown> };
  };
  /** On loopback whoever reaches the port is on the pod; anywhere else the admin token is needed. */
  readonly needsToken: boolean;
  readonly adminToken: () => string | undefined;
};

/** A call has a hundred bytes. */
const BODY_BYTES_MAX = 64 * 1024;

const REQUEST_TIMEOUT_MS = 10_000;

const JSON_TYPE = "application/json; charset=utf-8";

/**
 * rollup-boost's debug API, so that its users' tools go on working: `debug_setExecutionMode` is the admin API's hand, and
 * both methods answer what counts of both hands. JSON-RPC errors come with HTTP 200. Only JSON content types are taken: a
 * page in a browser on the same machine cannot send one unasked.
 */
export function debugServer({ modes, needsToken, adminToken }: Dependencies): FastifyInstance {
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
  });
  const set = async (mode: ExecutionMode): Promise<void> => {
    await modes.adminHand.set({ mode, who: "debug API", why: "debug_setExecutionMode" });
  };
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    /^application\/json(-rpc)?\s*(;|$)/i,
    { parseAs: "buffer" },
    (_request, body: Buffer, done) => done(null, body),
  );
  server.post("/*", {
    ...(needsToken ? { onRequest: requireToken(adminToken) } : {}),
    handler: async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      return reply.type(JSON_TYPE).send(await answerDebugCalls(body, { effective: () => modes.effective, set }));
    },
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(405).header("allow", "POST").type("text/plain").send("only POST is served here\n"),
  );
  server.setErrorHandler<Error & { readonly statusCode?: number }>((error, _request, reply) => {
    switch (error.statusCode) {
      case 413:
        return reply
          .code(413)
          .type(JSON_TYPE)
          .send(debugError("null", "bodyTooLarge", `at most ${BODY_BYTES_MAX} bytes`));
      case 415:
        return reply.code(415).type("text/plain").send("send Content-Type: application/json\n");
      default:
        return reply.code(200).type(JSON_TYPE).send(debugError("null", "parseError"));
    }
  });
  return server;
}
