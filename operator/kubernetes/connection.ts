import type { AgentOptions, RequestOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import { type DispatcherOptions, KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";

/** Where and how a request goes. */
export type Authenticated = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
};

/**
 * Reads the configuration as kubectl does, or in a pod the service account; a missing or broken file throws with its
 * path.
 */
export function loadKubeConfig(kubeconfigPath: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfigPath === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfigPath);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error("the kubeconfig has no current context with a cluster");
  if (cluster.server.startsWith("http:") && !cluster.skipTLSVerify) {
    throw new Error(
      `the kubeconfig's server ${cluster.server} has no TLS: use an https:// one, or set insecure-skip-tls-verify: true`,
    );
  }
  return config;
}

/** A connection that hangs is given up after twice as long. */
const SIGN_OF_LIFE_MS = 5_000;

/** An API server that is slow for everyone must not be asked for a new connection by everyone. */
const SUSPECT_INTERVAL_MS = 5_000;

/** However many requests are refused: an authentication plugin is a program that is started. */
const RELOAD_INTERVAL_MS = 1_000;

/** Namespace that the kubeconfig's context names; in a pod its own. */
export function contextNamespace(kubeconfigPath: string | undefined): string {
  const config = loadKubeConfig(kubeconfigPath);
  return config.getContextObject(config.getCurrentContext())?.namespace || "default";
}

/**
 * Configuration and authentication of the client library, connections of our own: the library opens a new connection
 * for each request and keeps none. One pool is kept as long as the certificates stay the same; with HTTP/2 all requests
 * and watches share one connection of it.
 */
export class Connection {
  readonly #load: () => KubeConfig;
  #config: KubeConfig;
  #loadedAtMs = performance.now();
  #suspectedAtMs = Number.NEGATIVE_INFINITY;
  readonly #retired = new Set<Dispatcher>();
  #pool: { readonly options: DispatcherOptions; readonly dispatcher: Dispatcher } | undefined;

  /** `load` is called now, and throws when the configuration cannot be read. */
  constructor(load: () => KubeConfig) {
    this.#load = load;
    this.#config = load();
  }

  /**
   * Reads the configuration and its tokens anew: the API server took them for invalid, and the library keeps a token for
   * a minute. What cannot be read leaves what was.
   */
  reload(): void {
    const nowMs = performance.now();
    if (nowMs - this.#loadedAtMs < RELOAD_INTERVAL_MS) return;
    this.#loadedAtMs = nowMs;
    try {
      this.#config = this.#load();
    } catch {
      // Being written at this moment, or broken: the API server's refusal is reported and tried again.
    }
  }

  /** Tokens and certificates are read anew as the library sees fit, so rotated ones are used. */
  async authenticate(path: string): Promise<Authenticated> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig has no current context with a cluster");
    const options: RequestOptions & AgentOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        // A token file may end with a newline.
        String(value).trim(),
      ]),
    );
    if (typeof options.auth === "string") {
      headers.authorization ??= `Basic ${Buffer.from(options.auth).toString("base64")}`;
    }
    return {
      url: cluster.server.replace(/\/$/, "") + path,
      headers,
      dispatcher: this.#dispatcher(this.#config.createDispatcherOptions(cluster, options)),
    };
  }

  /**
   * A request over it was not answered in time: the next ones take a new connection, so that one that hangs costs one
   * deadline and no more. What goes on over the old one, as watches do, ends with it unless it shows a sign of life.
   */
  suspect(dispatcher: Dispatcher): void {
    const nowMs = performance.now();
    if (this.#pool?.dispatcher !== dispatcher || nowMs - this.#suspectedAtMs < SUSPECT_INTERVAL_MS) return;
    this.#suspectedAtMs = nowMs;
    this.#pool = undefined;
    this.#retired.add(dispatcher);
    const server = this.#config.getCurrentCluster()?.server ?? "";
    // Any answer will do. Without one undici sends a ping, and cuts the connection when that is not answered either.
    void request(`${server}/livez`, { dispatcher, headersTimeout: SIGN_OF_LIFE_MS })
      .then(({ body }) => body.dump())
      .catch(() => {})
      .then(() => this.#retire(dispatcher));
  }

  async close(): Promise<void> {
    const dispatchers = [...this.#retired, ...(this.#pool === undefined ? [] : [this.#pool.dispatcher])];
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
  }

  /** Requests under way end on the old connections. */
  #retire(dispatcher: Dispatcher): void {
    this.#retired.add(dispatcher);
    void dispatcher
      .close()
      // Destroyed by `close` in the meantime.
      .catch(() => {})
      .finally(() => this.#retired.delete(dispatcher));
  }

  #dispatcher(options: DispatcherOptions): Dispatcher {
    if (this.#pool !== undefined && isDeepStrictEqual(this.#pool.options, options)) return this.#pool.dispatcher;
    if (this.#pool !== undefined) this.#retire(this.#pool.dispatcher);
    this.#pool = { options, dispatcher: dispatcherOf(options) };
    return this.#pool.dispatcher;
  }
}

/** HTTP/2 where the server has it. A connection that hangs takes all watches along: hence `suspect`. */
function dispatcherOf(options: DispatcherOptions): Dispatcher {
  switch (options.type) {
    case "agent":
      return new Agent({ connect: defined(options.connect), allowH2: true });
    case "proxy":
      return new ProxyAgent({ uri: options.uri, requestTls: defined(options.requestTls), allowH2: false });
    case "none":
      return new Agent({ allowH2: true });
    case "socks":
      throw new Error(`the kubeconfig's proxy-url ${options.uri} is a SOCKS proxy: use an http:// or https:// one`);
    default:
      return options satisfies never;
  }
}

const defined = <T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
