import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { resources } from "../../../operator/kubernetes/resources.ts";
import type { ProxyStatus } from "../../../proxy/contract/status.ts";
import { startExecutionClient } from "../../devnet/execution-client.ts";
import { until } from "../../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./cluster-manifest.ts";
import { type ConditionSeen, conditionOf } from "./conditions.ts";
import { startKubelet } from "./kubelet-stand-in.ts";
import { startOperator } from "./operator-in-process.ts";
import { statusOf } from "./proxy-status.ts";
import { testSpace } from "./test-space.ts";

/** A namespace with an operator, a kubelet, and what a cluster `base` of one sequencer with one builder needs. */
export async function startOneSequencer() {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace());
  const executionClient = stack.use(await startExecutionClient({ name: "sequencer-0", jwtSecret: JWT_SECRET }));
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  const kubelet = stack.use(startKubelet(space));
  const operator = stack.use(startOperator(space));
  const cluster = (): Promise<KubeObject | undefined> => space.get(resources.clusters, "base");
  const proxies = (): Promise<readonly ProxyStatus[]> => Promise.all([...kubelet.pods.values()].map(statusOf));
  return {
    space,
    stopOperator: () => operator[Symbol.asyncDispose](),
    cluster,
    manifest: (spec: Readonly<Record<string, unknown>> = {}) =>
      clusterManifest({
        sequencers: [{ ...sequencerManifest("sequencer-0", executionClient), builder: "builder-0" }],
        builders: [
          {
            name: "builder-0",
            url: executionClient.engineUrl,
            jwtSecretRef: { name: "engine-jwt", key: "jwt.hex" },
          },
        ],
        ...spec,
      }),
    proxies,
    /** A merge patch by a user. */
    patch: (document: object): Promise<string> =>
      space.kubectl("patch", "rbc/base", "--type=merge", "-p", JSON.stringify(document)),
    /** Resolves when every proxy that runs has this execution mode. */
    everyProxyIs: (mode: ProxyStatus["executionMode"]): Promise<true> =>
      until(`every proxy ${mode}`, async () => {
        const statuses = await proxies();
        return statuses.length > 0 && statuses.every(({ executionMode }) => executionMode === mode) ? true : undefined;
      }),
    ready: (): Promise<string> => space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base"),
    /** The condition, as soon as it has the reason. */
    condition: (type: string, reason: string): Promise<ConditionSeen> =>
      until(`${type} ${reason}`, async () => {
        const found = conditionOf(await cluster(), type);
        return found?.reason === reason ? found : undefined;
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
