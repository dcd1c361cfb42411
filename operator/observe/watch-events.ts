import { z } from "zod";
import { KubeObject } from "../kubernetes/kube-object.ts";

const Bookmark = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });
const Failure = z.looseObject({ code: z.int().optional(), message: z.string().optional() });
const Line = z.object({
  type: z.enum(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]),
  object: z.unknown(),
});

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  | { readonly type: "ERROR"; readonly code: number | undefined; readonly message: string };

/** etcd takes no object above 1.5 MiB; JSON and managed fields add to it. */
const LINE_BYTES_MAX = 8 * 1_024 * 1_024;

/** A line of a watch that is no event: what it said is not known, and only a new list can tell. */
export class MalformedWatchEvent extends Error {
  override readonly name = "MalformedWatchEvent";
}

/**
 * The events of a watch. Throws `MalformedWatchEvent` at the first line that is none, as to skip one would leave the cache
 * wrong for good. A last line that was cut short is no event: the server sends it again.
 */
export async function* watchEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      if (line.length > 0) yield eventOf(line.toString("utf8"));
    }
    if (rest.length > LINE_BYTES_MAX)
      throw new MalformedWatchEvent(`a watch event of more than ${LINE_BYTES_MAX} bytes`);
  }
  if (rest.length > 0) throw new Error("the watch ended in the middle of an event");
}

function eventOf(line: string): WatchEvent {
  try {
    return parsed(line);
  } catch (error) {
    throw new MalformedWatchEvent("the watch sent a line that is no event", { cause: error });
  }
}

function parsed(text: string): WatchEvent {
  const { type, object } = Line.parse(JSON.parse(text));
  switch (type) {
    case "BOOKMARK":
      return { type, resourceVersion: Bookmark.parse(object).metadata.resourceVersion };
    case "ERROR": {
      const { code, message } = Failure.parse(object);
      return { type, code, message: message ?? "" };
    }
    default:
      return { type, object: KubeObject.parse(object) };
  }
}
