import { expect, test } from "vitest";
import type { ClusterStatus } from "../../../../operator/api/cluster-status.ts";
import { nextLookMs } from "../../../../operator/controller/pace.ts";
import { NOW } from "../kit/observed.ts";

const status = (ready: "True" | "False"): ClusterStatus => ({
  conditions: [{ type: "Ready", status: ready, reason: "Any", message: "", lastTransitionTime: NOW }],
});

test("after a write its effect is looked at soon, however many clusters there are", () => {
  expect(nextLookMs(true, status("True"), 500)).toBe(200);
});

test("what is not as it should be is looked at every second, however many clusters there are", () => {
  expect(nextLookMs(false, status("False"), 500)).toBe(1_000);
  expect(nextLookMs(false, {}, 500)).toBe(1_000);
});

test("what is as it should be is looked at every second where there are few, and by turns where there are many", () => {
  expect(nextLookMs(false, status("True"), 1)).toBe(1_000);
  expect(nextLookMs(false, status("True"), 5)).toBe(1_000);
  expect(nextLookMs(false, status("True"), 500)).toBe(100_000);
});
