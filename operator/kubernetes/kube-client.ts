import { request } from "undici";
import { Connection, loadKubeConfig } from "./connection.ts";
import { isKubeError, KubeError } from "./kube-error.ts";
import { KubeList, KubeObject } from "./kube-object.ts";

/** The API server's own limit for a request is 60 s; ours are small. */
const REQUEST_DEADLINE_MS = 15_000;

/** Bookmarks come about once a minute: a watch without a byte for longer is dead. */
const WATCH_INACTIVITY_MS = 90_000;

const LIST_PAGE_SIZE = 500;

export type KubeClientOptions = {
  /** Path; undefined: as kubectl finds it, in a pod the service account. */
  readonly kubeconfig: string | undefined;
};

/** Opens no connection yet. Throws when the configuration cannot be read. */
export const connect = (options: KubeClientOptions): KubeClient =>
  new KubeClient(new Connection(loadKubeConfig(options.kubeconfig)));

type Request = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
};

/**
 * The Kubernetes API as raw JSON. What is sent is what was given: the client library's models drop fields they do not
 * know. Every answer that is not 2xx throws `KubeError`; every call has a deadline.
 */
export class KubeClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Undefined: there is no such object. */
  async get(path: string, signal?: AbortSignal): Promise<KubeObject | undefined> {
    try {
      return KubeObject.parse(await this.#json({ method: "GET", path }, signal));
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

  async delete(path: string, signal?: AbortSignal): Promise<void> {
    await this.#json({ method: "DELETE", path }, signal);
  }

  /** The chunks of a watch as they come; ends with the server's timeout, throws when it is cut or falls silent. */
  async watch(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    return await this.#send({ method: "GET", path, query: { ...query, watch: "1" } }, signal);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #json(call: Request, signal: AbortSignal | undefined): Promise<unknown> {
    const deadline = AbortSignal.timeout(REQUEST_DEADLINE_MS);
    const body = await this.#send(call, signal === undefined ? deadline : AbortSignal.any([deadline, signal]));
    return await body.json();
  }

  async #send(call: Request, signal: AbortSignal): Promise<Awaited<ReturnType<typeof request>>["body"]> {
    const query = call.query === undefined ? "" : `?${new URLSearchParams(call.query)}`;
    const { url, headers, dispatcher } = await this.#connection.authenticate(call.path + query);
    const response = await request(url, {
      method: call.method,
      dispatcher,
      signal,
      headers: {
        ...headers,
        accept: "application/json",
        "user-agent": "rollup-boost-operator",
        ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      headersTimeout: REQUEST_DEADLINE_MS,
      bodyTimeout: WATCH_INACTIVITY_MS,
    });
    if (response.statusCode < 300) return response.body;
    const retryAfter = response.headers["retry-after"];
    throw new KubeError(`${call.method} ${call.path}`, {
      code: response.statusCode,
      // An answer about a Secret may repeat what was sent.
      body: call.path.includes("/secrets") ? await response.body.dump().then(() => "") : await response.body.text(),
      retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
    });
  }
}
