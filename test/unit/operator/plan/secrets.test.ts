import { expect, test } from "vitest";
import type { SecretForm } from "../../../../operator/plan/model.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { cluster } from "../kit/cluster.ts";
import { empty, OPTIONS, settled } from "../kit/observed.ts";

const engineJwt = { name: "engine-jwt", key: "jwt.hex" };
const builderJwt = { name: "builder-jwt", key: "jwt.hex" };
const forms = (form: SecretForm["form"]): readonly SecretForm[] => [
  { ref: engineJwt, form: "valid" },
  { ref: builderJwt, form },
];

test("a proxy gets its execution client's JWT secret and those of all builders", () => {
  expect(plan(cluster(), empty(cluster()), OPTIONS).secrets[0]).toMatchObject({
    name: "base-sepolia-sequencer-0",
    files: [
      { file: "execution-client.jwt", from: engineJwt },
      { file: "builder-builder-0.jwt", from: builderJwt },
      { file: "builder-builder-1.jwt", from: builderJwt },
    ],
  });
});

const table = [
  [
    "secret_missing",
    "SecretMissing",
    "Secret builder-jwt does not exist: create it, with the JWT secret under key jwt.hex",
  ],
  [
    "key_missing",
    "SecretKeyMissing",
    "Secret builder-jwt has no key jwt.hex: put the JWT secret there, or correct jwtSecretRef.key",
  ],
  [
    "malformed",
    "SecretMalformed",
    "Secret builder-jwt, key jwt.hex is not a JWT secret: put the 64 hexadecimal characters there that its execution client or builder has",
  ],
] as const;
test.each(table)("%s: a condition names Secret and key, and no half-made children", (form, reason, message) => {
  const planned = plan(cluster(), { ...empty(cluster()), secrets: forms(form) }, OPTIONS);
  expect(planned).toMatchObject({ configs: [], secrets: [], manifests: [] });
  const conditions = planned.status.conditions ?? [];
  expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "False", reason, message }));
  expect(conditions).toContainEqual(expect.objectContaining({ type: "Stalled", status: "True", reason, message }));
  expect(conditions.map(({ type }) => type)).not.toContain("Reconciling");
});

test("a secret nobody looked at counts as missing", () => {
  const planned = plan(cluster(), { ...empty(cluster()), secrets: [] }, OPTIONS);
  expect(planned.status.conditions?.[0]).toMatchObject({ reason: "SecretMissing" });
});

test.each(table)(
  "%s, but copied before: all goes on, and a condition names Secret and key",
  (form, reason, message) => {
    const files = ["execution-client.jwt", "builder-builder-0.jwt", "builder-builder-1.jwt"];
    const kept = { keptSecretFiles: files };
    const observed = settled(cluster(), { "sequencer-0": kept, "sequencer-1": kept });
    const moved = cluster({ timing: { blockTimeMs: 1_000 } });
    const planned = plan(moved, { ...observed, secrets: forms(form) }, OPTIONS);
    expect(planned.configs).toMatchObject([{ changed: true }, { changed: true }]);
    expect(planned.secrets).toHaveLength(2);
    expect(planned.manifests.map(({ kind }) => kind)).toContain("Deployment");
    const conditions = planned.status.conditions ?? [];
    const kepts = `${message} (the proxies go on with the last good one)`;
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "SecretsValid", status: "False", reason, message: kepts }),
    );
    expect(conditions.map(({ type }) => type)).not.toContain("Stalled");
  },
);

test("a copy that only one of the proxies has is not enough for the others", () => {
  const files = ["execution-client.jwt", "builder-builder-0.jwt", "builder-builder-1.jwt"];
  const observed = settled(cluster(), { "sequencer-0": { keptSecretFiles: files } });
  const planned = plan(cluster(), { ...observed, secrets: forms("secret_missing") }, OPTIONS);
  expect(planned.secrets).toEqual([]);
  expect(planned.status.conditions).toContainEqual(
    expect.objectContaining({ type: "Stalled", reason: "SecretMissing" }),
  );
});

test("a secret that goes missing and was never copied: the proxies keep what they run, and the shut-off still arrives", () => {
  const wanted = cluster({ executionMode: "disabled", timing: { blockTimeMs: 1_000 } });
  const planned = plan(wanted, { ...settled(cluster()), secrets: forms("secret_missing") }, OPTIONS);
  expect(planned.configs).toMatchObject([
    { document: { revision: 2, executionMode: "disabled", timing: { blockTimeMs: 2_000 } }, changed: true },
    { document: { revision: 2, executionMode: "disabled", timing: { blockTimeMs: 2_000 } }, changed: true },
  ]);
  expect(planned.manifests.map(({ kind }) => kind)).toEqual(["ConfigMap", "ConfigMap"]);
  expect(planned.secrets).toEqual([]);
});
