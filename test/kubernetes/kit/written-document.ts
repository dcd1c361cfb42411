import { resources } from "../../../operator/kubernetes/resources.ts";
import { ConfigFile } from "../../../proxy/contract/config-file.ts";
import type { TestSpace } from "./test-space.ts";

/** The config document in a ConfigMap; undefined: there is none at the moment. */
export async function writtenDocument(space: TestSpace, name: string): Promise<ConfigFile | undefined> {
  const configMap = await space.get(resources.configMaps, name);
  const data = configMap?.data as Readonly<Record<string, string>> | undefined;
  const text = data?.["config.json"];
  return text === undefined ? undefined : ConfigFile.parse(JSON.parse(text));
}
