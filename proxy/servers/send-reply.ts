import type { FastifyReply } from "fastify";
import type { Reply } from "../routes/reply.ts";

/** Sends a route's answer: HTTP 200 unless it says otherwise, its bytes as they are. */
export function sendReply(reply: FastifyReply, { body, contentEncoding, httpStatus }: Reply): FastifyReply {
  if (contentEncoding !== undefined) reply.header("content-encoding", contentEncoding);
  return reply
    .code(httpStatus ?? 200)
    .type("application/json")
    .send(body);
}
