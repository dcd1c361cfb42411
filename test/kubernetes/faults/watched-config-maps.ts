import pino from "pino";
import { systemClock } from "../../../operator/kubernetes/clock.ts";
import { connect } from "../../../operator/kubernetes/kube-client.ts";
import { collectionPath, resources } from "../../../operator/kubernetes/resources.ts";
import { Reflector } from "../../../operator/observe/reflector.ts";
import type { TestSpace } from "../kit/test-space.ts";
import type { FaultyApi } from "./faulty-api.ts";

/** The operator's own way to watch, on the ConfigMaps of a namespace, with what it saw: `added name uid`. */
export function watchConfigMaps(
  { namespace }: TestSpace,
  { kubeconfig }: FaultyApi,
  options: { readonly watchInactivityMs?: number },
) {
  const client = connect({ kubeconfig, ...options });
  const stopping = new AbortController();
  const changes: string[] = [];
  const reflector = new Reflector(
    { path: collectionPath(resources.configMaps, namespace), labelSelector: undefined },
    {
      client,
      clock: systemClock,
      log: pino({ level: "silent" }),
      changed: ({ kind, object: { metadata } }) => changes.push(`${kind} ${metadata.name} ${metadata.uid}`),
    },
  );
  const running = reflector.run(stopping.signal);
  return {
    client,
    changes,
    synced: reflector.synced,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
      await client.close();
    },
  };
}
