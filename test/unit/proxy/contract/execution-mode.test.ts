import { expect, test } from "vitest";
import { AdminHand, ExecutionModeAnswer, ExecutionModeRequest } from "../../../../proxy/contract/execution-mode.ts";

// Frozen: what is accepted here was sent by an operator that is out there. Add to it, and take nothing away.
test.each([
  [{ mode: "disabled" }, { mode: "disabled", who: "admin API", why: "" }],
  [
    { mode: "dry_run", who: "alice", why: "a drill" },
    { mode: "dry_run", who: "alice", why: "a drill" },
  ],
  [
    { mode: "enabled", who: "", why: "" },
    { mode: "enabled", who: "", why: "" },
  ],
  [
    { mode: "disabled", who: "x".repeat(200), why: "x".repeat(1_000) },
    { mode: "disabled", who: "x".repeat(200), why: "x".repeat(1_000) },
  ],
  [
    { mode: "disabled", ticket: "of a newer operator" },
    { mode: "disabled", who: "admin API", why: "" },
  ],
])("PUT /execution-mode %j is understood by every version", (request, understood) => {
  expect(ExecutionModeRequest.parse(request)).toEqual(understood);
});

test("so is its answer, and what an older version kept on disk", () => {
  const admin = { mode: "disabled", who: "alice", when: "2026-11-22T00:00:00.000Z", why: "a drill" };
  expect(AdminHand.parse(admin)).toEqual(admin);
  expect(ExecutionModeAnswer.parse({ effective: "disabled", config: "enabled" })).toBeDefined();
  expect(ExecutionModeAnswer.parse({ effective: "disabled", config: "enabled", admin, notKept: "x" })).toBeDefined();
});
