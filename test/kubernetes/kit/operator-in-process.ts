import pino, { type Logger } from "pino";
import { runKubernetes } from "../../../operator/kubernetes/run.ts";
import type { TestSpace } from "./test-space.ts";

/** Image that the operator gives proxies; nobody pulls it here. */
export const PROXY_IMAGE = "rollup-boost-proxy:test";

const QUIET = pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" });

/** An operator that watches one test's namespace until it is disposed. */
export function startOperator(
  { kubeconfig, namespace }: Pick<TestSpace, "kubeconfig" | "namespace">,
  log: Logger = QUIET,
): AsyncDisposable {
  const stopping = new AbortController();
  const running = runKubernetes(
    { kubeconfig, namespaces: [namespace], planOptions: { proxyImage: PROXY_IMAGE, operatorVersion: "test" } },
    { log, signal: stopping.signal },
  );
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}
