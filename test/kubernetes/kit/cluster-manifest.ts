import { API_VERSION, KIND } from "../../../operator/api/names.ts";
import type { ExecutionClient } from "../../devnet/execution-client.ts";

/** A key of 64 hexadecimal characters, as the Engine API wants it. */
export const JWT_SECRET = "6a".repeat(32);

/** A Secret as a user writes it. */
export const secretManifest = (name: string, stringData: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  stringData,
});

/** One sequencer of a manifest. Where no execution client runs, nothing answers at its addresses. */
export const sequencerManifest = (name: string, executionClient?: Pick<ExecutionClient, "engineUrl" | "rpcUrl">) => ({
  name,
  executionClient: {
    url: executionClient?.engineUrl ?? "http://127.0.0.1:9",
    rpcUrl: executionClient?.rpcUrl ?? "http://127.0.0.1:9",
    jwtSecretRef: { name: "engine-jwt", key: "jwt.hex" },
  },
});

/** A RollupBoostCluster as a user writes it: one sequencer, no builder, unless the spec says otherwise. */
export const clusterManifest = (spec: Readonly<Record<string, unknown>> = {}, name = "base") => ({
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { name },
  spec: { topology: "OneToOne", sequencers: [sequencerManifest("sequencer-0")], ...spec },
});
