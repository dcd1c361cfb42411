import { expect, test } from "vitest";
import { stringify } from "yaml";
import { rollupBoostClusterCrd } from "../../../../operator/api/crd.ts";

const FILE = "../../../../crds/rollup-boost.dev_rollupboostclusters.yaml";
const HEADER =
  "# Made from operator/api by test/unit/operator/api/crd.test.ts: change the schema there, then `vitest run -u`.\n";

test("the CRD in crds/ is the one the zod schema makes", async () => {
  const yaml = HEADER + stringify(rollupBoostClusterCrd, { lineWidth: 120, aliasDuplicateObjects: false });
  await expect(yaml).toMatchFileSnapshot(FILE);
});
