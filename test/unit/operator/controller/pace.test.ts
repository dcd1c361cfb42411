import { expect, test } from "vitest";
import type { ClusterStatus } from "../../../../operator/api/cluster-status.ts";
import { nextLook } from "../../../../operator/controller/pace.ts";
import { NOW } from "../kit/observed.ts";

const status = (ready: "True" | "False"): ClusterStatus => ({
  conditions: [{ type: "Ready", status: ready, reason: "Any", message: "", lastTransitionTime: NOW }],
});

const middle = (): number => 0.5;

test("after a write its effect is looked at soon, however many clusters there are", () => {
  expect(nextLook(true, status("True"), 500, middle)).toEqual({ requeueAfterMs: 200 });
});

test("what is not as it should be is looked at every second, however many clusters there are", () => {
  expect(nextLook(false, status("False"), 500, middle)).toEqual({ requeueAfterMs: 1_000 });
  expect(nextLook(false, {}, 500, middle)).toEqual({ requeueAfterMs: 1_000 });
});

test("what is as it should be is looked at every second where there are few, and by turns where there are many", () => {
  expect(nextLook(false, status("True"), 1, middle)).toEqual({ requeueAfterMs: 1_000 });
  expect(nextLook(false, status("True"), 5, middle)).toEqual({ requeueAfterMs: 1_000 });
  expect(nextLook(false, status("True"), 500, middle)).toEqual({ requeueAfterMs: 100_000, canWait: true });
});

test("many clusters that became ready at once are not looked at at once again", () => {
  expect(nextLook(false, status("True"), 500, () => 0).requeueAfterMs).toBe(50_000);
  expect(nextLook(false, status("True"), 500, () => 0.999).requeueAfterMs).toBeCloseTo(149_900);
});
