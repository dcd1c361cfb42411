import pino from "pino";
import { runKubernetes } from "../../../operator/kubernetes/run.ts";
import type { TestSpace } from "./test-space.ts";

/** Image that the operator gives proxies; nobody pulls it here. */
export const PROXY_IMAGE = "rollup-boost-proxy:test";

/** An operator that watches one test's namespace until it is disposed. */
export function startOperator({ kubeconfig, namespace }: TestSpace): AsyncDisposable {
  const stopping = new AbortController();
  const running = runKubernetes(
    { kubeconfig, namespaces: [namespace], planOptions: { proxyImage: PROXY_IMAGE, operatorVersion: "test" } },
    { log: pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" }), signal: stopping.signal },
  );
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}
