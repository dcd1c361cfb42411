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

/** The events of a watch. Throws at the first line that is none: to skip one would leave the cache wrong for good. */
export async function* watchEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      if (line.length > 0) yield parsed(line.toString("utf8"));
    }
    if (rest.length > LINE_BYTES_MAX) throw new Error(`a watch event of more than ${LINE_BYTES_MAX} bytes`);
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
