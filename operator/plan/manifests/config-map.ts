import type { ConfigFile } from "../../../proxy/contract/config-file.ts";
import { type ClusterIdentity, childMetadata } from "../child-metadata.ts";
import type { Manifest } from "../model.ts";

/** Key of the config document in the ConfigMap; the name of the mounted file. */
export const CONFIG_KEY = "config.json";

/** The log of a sequencer's config: the document with its revision, exactly as it is pushed. It holds no secret. */
export const configMap = (cluster: ClusterIdentity, document: ConfigFile): Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: childMetadata(cluster, document.sequencer),
  data: { [CONFIG_KEY]: configText(document) },
});

/** The document as it is written, for people too. */
export const configText = (document: ConfigFile): string => `${JSON.stringify(document, undefined, 2)}\n`;
