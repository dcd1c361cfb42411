import type { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";

/** What execution clients take (E-4). */
export const BODY_BYTES_MAX = 128 * 1024 * 1024;

/** A request's body as it came. `tooLarge`: it was read to its end and thrown away, so that the connection can be kept. */
export type RawBody = { readonly kind: "bytes"; readonly bytes: Buffer } | { readonly kind: "tooLarge" };

/** Makes a server hand on bodies as bytes, whatever their content type. */
export function takeRawBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, stream, done) => {
    readBody(stream, BODY_BYTES_MAX).then(
      (body) => done(null, body),
      (error: Error) => done(error),
    );
  });
}

/** The body a server with `takeRawBodies` has read; empty where there was none. */
export const rawBodyOf = (body: unknown): RawBody =>
  isRawBody(body) ? body : { kind: "bytes", bytes: Buffer.alloc(0) };

function readBody(stream: Readable, bytesMax: number): Promise<RawBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else chunks.length = 0;
    });
    stream.on("end", () => {
      const [first] = chunks;
      if (bytes > bytesMax) resolve({ kind: "tooLarge" });
      else
        resolve({
          kind: "bytes",
          bytes: chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes),
        });
    });
    stream.on("error", reject);
  });
}

const isRawBody = (body: unknown): body is RawBody => typeof body === "object" && body !== null && "kind" in body;
