import { expect, test } from "vitest";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { startOperatorProcess } from "./kit/operator-process.ts";
import { statusOf } from "./kit/proxy-status.ts";
import { testSpace } from "./kit/test-space.ts";

test("the operator is killed: the proxy goes on with its config, and the next operator takes over without a restart", async () => {
  await using space = await testSpace();
  await using executionClient = await startExecutionClient({ name: "sequencer-0", jwtSecret: JWT_SECRET });
  await using kubelet = startKubelet(space);
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  await space.apply(clusterManifest({ sequencers: [sequencerManifest("sequencer-0", executionClient)] }));

  const killed = await startOperatorProcess(space, { name: "killed" });
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  const [pod] = [...kubelet.pods.values()];
  if (pod === undefined) throw new Error("no pod runs");
  const pid = pod.pid;
  await killed[Symbol.asyncDispose]();
  await space.kubectl("patch", "rbc/base", "--type=merge", "-p", '{"spec":{"executionMode":"disabled"}}');
  expect(await statusOf(pod)).toMatchObject({ ready: true, revision: 1, executionMode: "enabled" });

  await using _next = await startOperatorProcess(space, { name: "next" });
  await until(
    "the shut-off that was pulled while no operator ran",
    async () => ((await statusOf(pod)).executionMode === "disabled" ? true : undefined),
    20_000,
  );
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=20s", "rbc/base");
  expect([...kubelet.pods.values()].map((running) => running.pid)).toEqual([pid]);
});
