import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Answers 401 to a request without the token, before its body is read. While there is no token nothing is taken. */
export const requireToken =
  (token: () => string | undefined) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const expected = token();
    if (isAuthorized(request.headers.authorization, expected)) return undefined;
    const error =
      expected === undefined
        ? "this proxy has no admin token: put one into the file admin-token of its secrets folder (--secrets-dir), and send it as 'Authorization: Bearer <admin-token>'"
        : "the admin token is missing or wrong: send 'Authorization: Bearer <admin-token>'";
    return reply.code(401).header("www-authenticate", "Bearer").send({ error });
  };

/** Whether an Authorization header carries the token. The scheme's case does not count (RFC 7235 section 2.1). */
export function isAuthorized(header: string | undefined, token: string | undefined): boolean {
  const given = header?.match(/^Bearer (\S+)$/i)?.[1];
  return given !== undefined && token !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** Equal lengths, so that the comparison takes the same time for every guess. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The token in a file, read at each request so that a new one counts at once; undefined where there is none. */
export function readToken(path: string): string | undefined {
  try {
    const token = readFileSync(path, "utf8").trim();
    return token === "" ? undefined : token;
  } catch {
    return undefined;
  }
}
