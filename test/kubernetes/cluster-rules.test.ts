import { expect, test } from "vitest";
import { collectionPath, resources } from "../../operator/kubernetes/resources.ts";
import { BROKEN_SPECS } from "../unit/operator/kit/broken-specs.ts";
import { manifest } from "../unit/operator/kit/cluster.ts";
import { applyCrds } from "./kit/crds.ts";
import { testSpace } from "./kit/test-space.ts";

const specWith = (spec: Readonly<Record<string, unknown>>, name = "rules") => ({
  ...manifest(spec),
  metadata: { name },
});

test("the API server refuses what crosses fields in the words standalone mode uses", async () => {
  await using space = await testSpace();
  await applyCrds(space.client);
  const create = (document: object) =>
    space.client.create(collectionPath(resources.clusters, space.namespace), document).then(
      () => "created",
      (error: Error) => error.message,
    );
  for (const { what, spec, message } of BROKEN_SPECS) {
    expect.soft(await create(specWith(spec)), what).toContain(message);
  }
  expect(await create(specWith({}, "a".repeat(31)))).toContain("metadata.name");
  expect(await create(specWith({ timing: { blockTimeMs: 60_000 } }))).toBe("created");
  const proxy = { resources: { requests: { cpu: 1, memory: "256Mi" }, limits: { cpu: "1500m" } } };
  expect(await create(specWith({ proxy }, "quantities"))).toBe("created");
  expect(await create(specWith({ proxy: { resources: { requests: { cpu: "a lot" } } } }, "quantity"))).toContain("cpu");
});
