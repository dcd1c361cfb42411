import { createHash } from "node:crypto";
import type { AgentOptions, RequestOptions } from "node:https";
import { type DispatcherOptions, KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher, ProxyAgent } from "undici";

/**
 * HTTP/1.1: a watch that hangs is then seen on its own connection and takes no other request along. The API server keeps
 * idle connections for 90 s; a cluster at rest asks every 10 s.
 */
const POOL = { allowH2: false, keepAliveTimeout: 60_000 } as const;

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
  if (config.getCurrentCluster() === null) throw new Error("the kubeconfig has no current context with a cluster");
  return config;
}

/**
 * Configuration and authentication of the client library, connections of our own: the library opens a new connection
 * for each request and keeps none. One pool is kept as long as the certificates stay the same.
 */
export class Connection {
  readonly #config: KubeConfig;
  #pool: { readonly fingerprint: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Tokens and certificates are read anew as the library sees fit, so rotated ones are used. */
  async authenticate(path: string): Promise<Authenticated> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig has no current context with a cluster");
    const options: RequestOptions & AgentOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
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

  async close(): Promise<void> {
    await this.#pool?.dispatcher.destroy();
  }

  #dispatcher(options: DispatcherOptions): Dispatcher {
    const fingerprint = createHash("sha256").update(JSON.stringify(options)).digest("hex");
    if (this.#pool?.fingerprint === fingerprint) return this.#pool.dispatcher;
    // Requests under way end on the old connections.
    void this.#pool?.dispatcher.close();
    this.#pool = { fingerprint, dispatcher: dispatcherOf(options) };
    return this.#pool.dispatcher;
  }
}

function dispatcherOf(options: DispatcherOptions): Dispatcher {
  switch (options.type) {
    case "agent":
      return new Agent({ ...POOL, connect: defined(options.connect) });
    case "proxy":
      return new ProxyAgent({ uri: options.uri, requestTls: defined(options.requestTls), ...POOL });
    case "none":
      return new Agent(POOL);
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
