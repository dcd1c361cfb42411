import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { BodyCollector } from "../engine-api/body-collector.ts";

/** What execution clients take (E-4). */
export const BODY_BYTES_MAX = 128 * 1024 * 1024;

/**
 * A request's body as it came. `tooLarge`, and `noRoom` for it now: it was read to its end and thrown away, so that the
 * connection can be kept.
 */
export type RawBody =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "tooLarge" }
  | { readonly kind: "noRoom" };

/** For a request, what is asked for each piece of its body; false: there is no room for it. Undefined: there is room for all. */
type RoomFor = (request: FastifyRequest) => ((bytes: number) => boolean) | undefined;

/** Makes a server hand on bodies as bytes, whatever their content type. Where room is asked for, no announced length is believed. */
export function takeRawBodies(server: FastifyInstance, roomFor: RoomFor = () => undefined): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (request, stream, done) => {
    const takeBytes = roomFor(request);
    const announced = takeBytes === undefined ? request.headers["content-length"] : undefined;
    readBody(stream, announced, takeBytes ?? (() => true)).then(
      (body) => done(null, body),
      (error: Error) => done(error),
    );
  });
}

/** The body a server with `takeRawBodies` has read; empty where there was none. */
export const rawBodyOf = (body: unknown): RawBody =>
  isRawBody(body) ? body : { kind: "bytes", bytes: Buffer.alloc(0) };

function readBody(
  stream: Readable,
  announced: string | undefined,
  takeBytes: (bytes: number) => boolean,
): Promise<RawBody> {
  return new Promise((resolve, reject) => {
    const body = new BodyCollector(announced);
    let bytes = 0;
    let refusal: RawBody | undefined;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) refusal = { kind: "tooLarge" };
      else if (refusal === undefined && !takeBytes(chunk.length)) refusal = { kind: "noRoom" };
      if (refusal === undefined) body.add(chunk);
      else body.clear();
    });
    stream.on("end", () => resolve(refusal ?? { kind: "bytes", bytes: body.whole() }));
    stream.on("error", reject);
  });
}

const isRawBody = (body: unknown): body is RawBody => typeof body === "object" && body !== null && "kind" in body;
