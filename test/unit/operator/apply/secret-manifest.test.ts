import { expect, test } from "vitest";
import { secretManifest } from "../../../../operator/apply/secret-manifest.ts";
import type { KubeObject } from "../../../../operator/kubernetes/kube-object.ts";
import { KubeObject as KubeObjectSchema } from "../../../../operator/kubernetes/kube-object.ts";
import { secretValueOf } from "../../../../operator/observe/secret-reader.ts";
import { plannedSecret } from "../../../../operator/plan/secrets.ts";
import { cluster } from "../kit/cluster.ts";

const OLD = "0a".repeat(32);
const NEW = "0b".repeat(32);
const HOUR_MS = 3_600_000;
const ENGINE = "execution-client.jwt";

test("the admin token is made once", () => {
  const first = written(OLD, undefined);
  expect(secretValueOf(first, "admin-token")).toBe("token-1");
  expect(secretValueOf(written(NEW, first), "admin-token")).toBe("token-1");
});

test("after a rotation the secret before is kept beside the new one for a day, and then forgotten", () => {
  const first = written(OLD, undefined);
  expect(secretValueOf(first, `${ENGINE}.previous`)).toBeUndefined();
  const rotated = written(NEW, first, 0);
  expect(secretValueOf(rotated, ENGINE)).toBe(NEW);
  expect(secretValueOf(rotated, `${ENGINE}.previous`)).toBe(OLD);
  // Nothing new: nothing to write, also for a new operator.
  const later = written(NEW, rotated, 23 * HOUR_MS);
  expect(later).toEqual(rotated);
  expect(secretValueOf(written(NEW, later, 25 * HOUR_MS), `${ENGINE}.previous`)).toBeUndefined();
});

test("a secret that cannot be read keeps its copy, but no copy of what the spec referred to before stands in for it", () => {
  const first = written(OLD, undefined);
  expect(secretValueOf(written(undefined, first), ENGINE)).toBe(OLD);
  const elsewhere = { ...first, metadata: { ...first.metadata, annotations: {} } };
  expect(() => written(undefined, elsewhere)).toThrow("Secret engine-jwt, key jwt.hex has no valid value");
});

/** The owned Secret as the API server gives it back after this write. */
function written(engineJwt: string | undefined, owned: KubeObject | undefined, nowMs = 0): KubeObject {
  const [sequencer] = cluster().spec.sequencers;
  if (sequencer === undefined) throw new Error("no sequencer");
  const manifest = secretManifest(
    plannedSecret(cluster(), sequencer),
    ({ name }) => (name === "engine-jwt" ? engineJwt : OLD),
    owned,
    { newAdminToken: () => "token-1", nowMs: () => nowMs },
  );
  return KubeObjectSchema.parse({ ...manifest, metadata: { ...manifest.metadata, uid: "uid", resourceVersion: "1" } });
}
