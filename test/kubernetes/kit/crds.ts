import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { until } from "../../devnet/until.ts";
import { conditionOf } from "./conditions.ts";

const FOLDER = join(import.meta.dirname, "../../../crds");

/** Applies what is in `crds/` and gives it when it is served. */
export async function applyCrds(client: KubeClient): Promise<readonly KubeObject[]> {
  const files = await readdir(FOLDER);
  return await Promise.all(
    files.map(async (file) => {
      const crd: { readonly metadata: { readonly name: string } } = parse(await readFile(join(FOLDER, file), "utf8"));
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`;
      await client.apply(path, crd, { fieldManager: "test", force: true });
      return await until(`${crd.metadata.name} established`, async () => {
        const object = await client.get(path);
        return conditionOf(object, "Established")?.status === "True" ? object : undefined;
      });
    }),
  );
}
