import { expect, test } from "vitest";
import type { Observed } from "../../../../operator/plan/model.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { transitionsOf } from "../../../../operator/plan/transitions.ts";
import { cluster } from "../kit/cluster.ts";
import { NOW, OPTIONS, proxy, settled } from "../kit/observed.ts";

const statusOf = (observed: Observed, wanted = cluster()) => plan(wanted, observed, OPTIONS).status;
const textsOf = (...statuses: Parameters<typeof transitionsOf>): readonly string[] =>
  transitionsOf(...statuses).map(({ text }) => text);
const well = statusOf(settled(cluster()));

test("at the start everything is told", () => {
  expect(textsOf(undefined, well)).toEqual([
    "sequencer-0: its proxy serves",
    "sequencer-1: its proxy serves",
    "builder builder-0 is healthy",
    "builder builder-1 is healthy",
    "Ready True (AllProxiesReady): every proxy (2) serves and runs the desired config",
    "SecretsValid True (AllSecretsValid): every JWT secret is there and well formed",
    "LeaderKnown True (OneLeader): sequencer-0 leads",
    "ExternalBuildingEnabled True (Enabled): spec.executionMode is enabled: builders are asked",
  ]);
});

test("nothing changed: nothing is told", () => {
  expect(textsOf(well, well)).toEqual([]);
});

test("a new leader is told", () => {
  const moved = settled(cluster(), { "sequencer-0": { leader: "follower" }, "sequencer-1": { leader: "leader" } });
  expect(textsOf(well, statusOf(moved))).toEqual(["LeaderKnown True (OneLeader): sequencer-1 leads"]);
});

test("a builder that falls silent is told once, with its reason", () => {
  const document = settled(cluster()).sequencers["sequencer-0"]?.written;
  if (document === undefined) throw new Error("nothing was written");
  const builders = [{ name: "builder-0", state: "silent" as const, since: NOW, reason: "connection refused" }];
  const silent = statusOf(settled(cluster(), { "sequencer-0": { proxies: [proxy(document, { builders })] } }));
  expect(textsOf(well, silent)).toEqual(["builder builder-0 is silent (connection refused)"]);
  expect(textsOf(silent, well)).toEqual(["builder builder-0 is healthy"]);
});

test("as Events: trouble is a Warning, what is on its way is Normal, and a shut-off that spreads is told once", () => {
  const seen = (before: typeof well, after: typeof well) =>
    transitionsOf(before, after).map(({ type, reason, isStep }) => ({ type, reason, isStep }));
  const stopped = statusOf(settled(cluster(), { "sequencer-0": { proxies: [], proxiesAvailable: false } }));
  expect(seen(well, stopped)).toEqual([
    { type: "Warning", reason: "ProxyUnavailable", isStep: false },
    { type: "Normal", reason: "BuilderUnknown", isStep: false },
    { type: "Normal", reason: "ProxiesUnavailable", isStep: false },
  ]);
  const shutOff = (confirmed: number) => ({
    ...well,
    conditions: [
      {
        type: "ExternalBuildingEnabled",
        status: "False" as const,
        reason: "ShutOff",
        message: `${confirmed} of 2 proxies confirm`,
        lastTransitionTime: NOW,
      },
    ],
  });
  expect(seen(well, shutOff(0))).toEqual([{ type: "Normal", reason: "ShutOff", isStep: false }]);
  expect(seen(shutOff(0), shutOff(1))).toEqual([{ type: "Normal", reason: "ShutOff", isStep: true }]);
});
