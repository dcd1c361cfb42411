import { stringify } from "yaml";
import { rollupBoostClusterCrd } from "../api/crd.ts";

/** The CustomResourceDefinition as YAML: what `kubectl apply -f -` takes, the same as in `crds/`. */
export const crdYaml = (): string => stringify(rollupBoostClusterCrd, { lineWidth: 120, aliasDuplicateObjects: false });
