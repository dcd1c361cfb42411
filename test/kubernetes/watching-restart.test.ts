import { test } from "vitest";
import { connect } from "../../operator/kubernetes/kube-client.ts";
import { startControlPlane } from "./control-plane/source.ts";
import { startWatchedWorld } from "./faults/watched-world.ts";
import { applyCrds } from "./kit/crds.ts";

test("the API server is killed and started again: the operator goes on, and misses nothing", async () => {
  await using controlPlane = await ownControlPlane();
  await using world = await startWatchedWorld(controlPlane.kubeconfig);
  const { network } = world.api;
  world.startOperator();
  await world.expectConverged();

  const edited = await world.edit();
  await (controlPlane.restartApiServer ?? outage)();
  await world.expectConverged(edited);

  // k3s in Docker comes back at another address: there the address alone goes away and comes back.
  async function outage(): Promise<void> {
    await network.refuse();
    await network.accept();
  }
});

/** Other tests share this run's control plane. */
async function ownControlPlane() {
  const prepare = async (kubeconfig: string): Promise<void> => {
    const client = connect({ kubeconfig });
    await applyCrds(client);
    await client.close();
  };
  const { kubeconfig, restartApiServer, close } = await startControlPlane(process.env, { progress: () => {}, prepare });
  return { kubeconfig, restartApiServer, [Symbol.asyncDispose]: close };
}
