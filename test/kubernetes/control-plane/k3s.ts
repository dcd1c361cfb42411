import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { K3sContainer } from "@testcontainers/k3s";
import { connect } from "../../../operator/kubernetes/kube-client.ts";
import type { ControlPlane } from "./local-control-plane.ts";
import type { StartControlPlaneHooks } from "./source.ts";

const IMAGE = "rancher/k3s:v1.35.4-k3s1";

/** Starts k3s in Docker. Its node is closed for new pods: the tests play the kubelet. */
export async function startK3s({ prepare }: Pick<StartControlPlaneHooks, "prepare">): Promise<ControlPlane> {
  const container = await new K3sContainer(IMAGE).start();
  const folder = await mkdtemp(join(tmpdir(), "rollup-boost-operator-k3s-"));
  const close = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    await container.stop();
  };
  try {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, container.getKubeConfig());
    const client = connect({ kubeconfig });
    const { items } = await client.list("/api/v1/nodes", {});
    for (const node of items) {
      const path = `/api/v1/nodes/${node.metadata.name}`;
      await client.mergePatch(path, { spec: { unschedulable: true } });
    }
    await client.close();
    await prepare(kubeconfig);
    return { kubeconfig, restartApiServer: undefined, close };
  } catch (error) {
    await close();
    throw error;
  }
}
