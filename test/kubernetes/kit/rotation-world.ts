import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { resources } from "../../../operator/kubernetes/resources.ts";
import { startDevnet } from "../../devnet/devnet.ts";
import { JsonRpcCaller } from "../../devnet/json-rpc-caller.ts";
import { until } from "../../devnet/until.ts";
import { capturedLog } from "./captured-log.ts";
import { clusterManifest, secretManifest } from "./cluster-manifest.ts";
import { conditionOf } from "./conditions.ts";
import { startKubelet } from "./kubelet-stand-in.ts";
import { startOperator } from "./operator-in-process.ts";
import type { RunningPod } from "./running-pod.ts";
import { testSpace } from "./test-space.ts";
import { writtenDocument } from "./written-document.ts";

const BLOCK_TIME_MS = 1_000;
const CHILD = "base-sequencer-0";

const newSecret = (): string => randomBytes(32).toString("hex");

/** A sequencer of a simulated OP Stack with a builder, its proxy as a process, an operator with a log. It is Ready. */
export async function startRotationWorld() {
  const stack = new AsyncDisposableStack();
  const secrets = { engine: newSecret(), builder: newSecret() };
  const jwtSecrets = { "sequencer-0": secrets.engine, "builder-0": secrets.builder };
  const space = stack.use(await testSpace());
  const devnet = stack.use(await startDevnet({ blockTimeMs: BLOCK_TIME_MS, jwtSecrets }));
  const { executionClient, opNode } = devnet.sequencer("sequencer-0");
  const builder = devnet.builder("builder-0");
  const writeSecrets = async (): Promise<void> => {
    await space.apply(secretManifest("engine-jwt", { "jwt.hex": `0x${secrets.engine}\n` }));
    await space.apply(secretManifest("builder-jwt", { "jwt.hex": secrets.builder }));
  };
  await writeSecrets();
  const kubelet = stack.use(startKubelet(space));
  const { log, text } = capturedLog();
  let operator = startOperator(space, log);
  stack.defer(() => operator[Symbol.asyncDispose]());
  const sequencer = {
    name: "sequencer-0",
    executionClient: {
      url: executionClient.engineUrl,
      rpcUrl: executionClient.rpcUrl,
      jwtSecretRef: { name: "engine-jwt", key: "jwt.hex" },
    },
    builder: "builder-0",
  };
  await space.apply(
    clusterManifest({
      sequencers: [sequencer],
      builders: [{ name: "builder-0", url: builder.engineUrl, jwtSecretRef: { name: "builder-jwt", key: "jwt.hex" } }],
      timing: { blockTimeMs: BLOCK_TIME_MS },
    }),
  );
  const cluster = (): Promise<KubeObject | undefined> => space.get(resources.clusters, "base");
  const podOrNone = (): RunningPod | undefined => [...kubelet.pods.values()][0];
  const pod = (): RunningPod => {
    const found = podOrNone();
    if (found === undefined) throw new Error("no pod runs");
    return found;
  };
  const ready = () => space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  await ready();
  return {
    space,
    opNode,
    executionClient,
    builder,
    secrets,
    cluster,
    pod,
    podOrNone,
    log: text,
    owned: () => space.get(resources.secrets, CHILD),
    processes: () => [...kubelet.pods.values()].map(({ name, pid }) => ({ name, pid })),
    /** Writes new secrets into the sources, and nowhere else. */
    rotate: async () => {
      Object.assign(secrets, { engine: newSecret(), builder: newSecret() });
      await writeSecrets();
      return { ...secrets };
    },
    /** op-node sequences through the proxy, in time with the clock. */
    sequence: async () => {
      opNode.useEngine(pod().engineUrl);
      await devnet.run();
    },
    moreBlocks: async (count: number) => {
      const built = opNode.blocks.length;
      await until(`${count} more blocks`, () => (opNode.blocks.length >= built + count ? true : undefined), 20_000);
    },
    /** Whether the proxy's engine port takes tokens of the secret. */
    takes: async (secret: string): Promise<true | undefined> => {
      await using caller = new JsonRpcCaller(pod().engineUrl, secret);
      return (await caller.call("eth_chainId", [])).kind === "result" ? true : undefined;
    },
    condition: async (reason: string) => {
      const condition = conditionOf(await cluster(), "SecretsValid");
      return condition?.reason === reason ? condition : undefined;
    },
    readyAndNotStalled: async () => {
      await ready();
      expect(conditionOf(await cluster(), "Stalled")).toBeUndefined();
    },
    setDeadline: async (builderDeadlineMs: number) => {
      const spec = { timing: { builderDeadlineMs } };
      await space.kubectl("patch", "rbc/base", "--type=merge", "-p", JSON.stringify({ spec }));
      await until(
        "written",
        async () =>
          (await writtenDocument(space, CHILD))?.timing.builderDeadlineMs === builderDeadlineMs ? true : undefined,
        20_000,
      );
    },
    restartOperator: async () => {
      await operator[Symbol.asyncDispose]();
      operator = startOperator(space, log);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
