import { request } from "undici";
import { Connection, loadKubeConfig } from "./connection.ts";
import { fenced } from "./fenced.ts";
import { isKubeError, KubeError } from "./kube-error.ts";
import { KubeList, KubeObject } from "./kube-object.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { withDeadline } from "./with-deadline.ts";

/** The API server's own limit for a request is 60 s; ours are small. */
const REQUEST_DEADLINE_MS = 15_000;

/** Then undici asks the connection for a sign of life, and gives it up when there is none in as long again. */
const ANSWER_STARTS_MS = 10_000;

/** Bookmarks come about once a minute: a watch without a byte for longer is dead. */
const WATCH_INACTIVITY_MS = 90_000;

const LIST_PAGE_SIZE = 500;

const METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

export type KubeClientOptions = {
  /** Path; undefined: as kubectl finds it, in a pod the service account. */
  readonly kubeconfig: string | undefined;
  /** A watch without a byte for so long is given up. Default: longer than bookmarks are apart. */
  readonly watchInactivityMs?: number;
};

/** Opens no connection yet. Throws when the configuration cannot be read. */
export const connect = ({ kubeconfig, watchInactivityMs = WATCH_INACTIVITY_MS }: KubeClientOptions): KubeClient =>
  new KubeClient({ watchInactivityMs }, new Connection(() => loadKubeConfig(kubeconfig)));

type Request = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly accept?: string;
  readonly body?: unknown;
};

/**
 * The Kubernetes API as raw JSON. What is sent is what was given: the client library's models drop fields they do not
 * know. Every answer that is not 2xx throws `KubeError`; every call has a deadline.
 */
export class KubeClient {
  readonly #watchInactivityMs: number;
  readonly #connection: Connection;

  /** `fence` is called right before a request that changes something is sent, and by throwing keeps it from being sent. */
  readonly #fence: (() => void) | undefined;

  constructor(options: { readonly watchInactivityMs: number }, connection: Connection, fence?: () => void) {
    this.#watchInactivityMs = options.watchInactivityMs;
    this.#connection = connection;
    this.#fence = fence;
  }

  /** A client on the same connections whose writes `fence` may stop by throwing, up to the moment they are sent. */
  fencedBy(fence: () => void): KubeClient {
    return new KubeClient({ watchInactivityMs: this.#watchInactivityMs }, this.#connection, fence);
  }

  /** Undefined: there is no such object. */
  async get(path: string, signal?: AbortSignal): Promise<KubeObject | undefined> {
    return await this.#getOrNone({ method: "GET", path }, signal);
  }

  /**
   * The object's metadata and nothing else, as this API server last saw them: cheap for both sides, and of several API
   * servers one may be a moment behind. Undefined: there is no such object.
   */
  async getMetadata(path: string, signal?: AbortSignal): Promise<KubeObject | undefined> {
    return await this.#getOrNone(
      { method: "GET", path, query: { resourceVersion: "0" }, accept: METADATA_ONLY },
      signal,
    );
  }

  async #getOrNone(call: Request, signal: AbortSignal | undefined): Promise<KubeObject | undefined> {
    try {
      return KubeObject.parse(await this.#json(call, signal));
    } catch (error) {
      if (isKubeError(error, 404)) return undefined;
      throw error;
    }
  }

  /** All pages. Items carry the list's apiVersion and their kind, as the server leaves those out of items. */
  async list(path: string, query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<KubeList> {
    const items: KubeObject[] = [];
    let next: string | undefined;
    for (;;) {
      const page = KubeList.parse(
        await this.#json(
          {
            method: "GET",
            path,
            query: { ...query, limit: String(LIST_PAGE_SIZE), ...(next === undefined ? {} : { continue: next }) },
          },
          signal,
        ),
      );
      const kind = page.kind.replace(/List$/, "");
      items.push(...page.items.map((item) => ({ apiVersion: page.apiVersion, kind, ...item })));
      next = page.metadata.continue;
      if (next === undefined || next === "") return { ...page, items };
    }
  }

  /** Server-side apply: creates the object or makes the given fields so, and drops fields this manager set before. */
  async apply(
    path: string,
    manifest: object,
    options: { readonly fieldManager: string; readonly force: boolean },
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    const { fieldManager, force } = options;
    return KubeObject.parse(
      await this.#json(
        {
          method: "PATCH",
          path,
          query: { fieldManager, force: String(force), fieldValidation: "Strict" },
          contentType: "application/apply-patch+yaml",
          body: manifest,
        },
        signal,
      ),
    );
  }

  /** A JSON merge patch. */
  async mergePatch(path: string, patch: object, signal?: AbortSignal): Promise<KubeObject> {
    const contentType = "application/merge-patch+json";
    return KubeObject.parse(await this.#json({ method: "PATCH", path, contentType, body: patch }, signal));
  }

  async create(collection: string, object: object, signal?: AbortSignal): Promise<KubeObject> {
    return KubeObject.parse(await this.#json({ method: "POST", path: collection, body: object }, signal));
  }

  /** The whole object; its resourceVersion makes it fail (409) when someone else wrote it in the meantime. */
  async replace(path: string, object: object, signal?: AbortSignal): Promise<KubeObject> {
    return KubeObject.parse(await this.#json({ method: "PUT", path, body: object }, signal));
  }

  async delete(path: string, signal?: AbortSignal): Promise<void> {
    await this.#json({ method: "DELETE", path }, signal);
  }

  /** The chunks of a watch as they come; ends with the server's timeout, throws when it is cut or falls silent. */
  async watch(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException("no answer", "TimeoutError")), REQUEST_DEADLINE_MS);
    try {
      const call: Request = { method: "GET", path, query: { ...query, watch: "1" } };
      return await this.#send(call, AbortSignal.any([late.signal, signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #json(call: Request, signal: AbortSignal | undefined): Promise<unknown> {
    return await withDeadline(REQUEST_DEADLINE_MS, signal, async (each) => {
      const body = await this.#send(call, each);
      return await body.json();
    });
  }

  async #send(call: Request, signal: AbortSignal): Promise<ResponseData["body"]> {
    const first = await this.#request(call, signal);
    if (first.statusCode !== 401) return await accepted(call, first);
    // Refused before anything was done: with a rotated token the same request may be sent again.
    await first.body.dump();
    this.#connection.reload();
    return await accepted(call, await this.#request(call, signal));
  }

  async #request(call: Request, signal: AbortSignal): Promise<ResponseData> {
    const query = call.query === undefined ? "" : `?${new URLSearchParams(call.query)}`;
    const { url, headers, dispatcher } = await this.#connection.authenticate(call.path + query);
    try {
      const sent = request(url, {
        method: call.method,
        dispatcher: this.#fence === undefined || call.method === "GET" ? dispatcher : fenced(dispatcher, this.#fence),
        signal,
        headers: {
          ...headers,
          accept: call.accept ?? "application/json",
          "user-agent": "rollup-boost-operator",
          ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        headersTimeout: ANSWER_STARTS_MS,
        bodyTimeout: this.#watchInactivityMs,
      });
      return await unlessAborted(sent, signal);
    } catch (error) {
      if (isTimeout(error)) this.#connection.suspect(dispatcher);
      throw error;
    }
  }
}

/** The caller's or our own deadline. What undici itself finds late it looks into by itself. */
const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === "TimeoutError";

type ResponseData = Awaited<ReturnType<typeof request>>;

/** The body of a 2xx answer; any other throws. */
async function accepted(call: Request, response: ResponseData): Promise<ResponseData["body"]> {
  if (response.statusCode < 300) return response.body;
  const retryAfter = response.headers["retry-after"];
  throw new KubeError(`${call.method} ${call.path}`, {
    code: response.statusCode,
    // An answer about a Secret may repeat what was sent.
    body: call.path.includes("/secrets") ? await response.body.dump().then(() => "") : await response.body.text(),
    retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
  });
}
