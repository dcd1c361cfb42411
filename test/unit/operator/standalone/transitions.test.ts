import { expect, test } from "vitest";
import type { Observed } from "../../../../operator/plan/model.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { transitionsOf } from "../../../../operator/standalone/transitions.ts";
import { cluster } from "../kit/cluster.ts";
import { NOW, OPTIONS, proxy, settled } from "../kit/observed.ts";

const statusOf = (observed: Observed, wanted = cluster()) => plan(wanted, observed, OPTIONS).status;
const well = statusOf(settled(cluster()));

test("at the start everything is told", () => {
  expect(transitionsOf(undefined, well)).toEqual([
    "sequencer-0: its proxy serves",
    "sequencer-1: its proxy serves",
    "builder builder-0 is healthy",
    "builder builder-1 is healthy",
    "Ready True (AllProxiesReady): every proxy (2) serves and runs the desired config",
    "LeaderKnown True (OneLeader): sequencer-0 leads",
    "ExternalBuildingEnabled True (Enabled): spec.executionMode is enabled: builders are asked",
  ]);
});

test("nothing changed: nothing is told", () => {
  expect(transitionsOf(well, well)).toEqual([]);
});

test("a new leader is told", () => {
  const moved = settled(cluster(), { "sequencer-0": { leader: "follower" }, "sequencer-1": { leader: "leader" } });
  expect(transitionsOf(well, statusOf(moved))).toEqual(["LeaderKnown True (OneLeader): sequencer-1 leads"]);
});

test("a builder that falls silent is told once, with its reason", () => {
  const document = settled(cluster()).sequencers["sequencer-0"]?.written;
  if (document === undefined) throw new Error("nothing was written");
  const builders = [{ name: "builder-0", state: "silent" as const, since: NOW, reason: "connection refused" }];
  const silent = statusOf(settled(cluster(), { "sequencer-0": { proxies: [proxy(document, { builders })] } }));
  expect(transitionsOf(well, silent)).toEqual(["builder builder-0 is silent (connection refused)"]);
  expect(transitionsOf(silent, well)).toEqual(["builder builder-0 is healthy"]);
});
