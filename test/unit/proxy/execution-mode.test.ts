import { expect, test } from "vitest";
import { executionModesOf, stricterMode } from "../../../proxy/execution-mode.ts";

test.each([
  ["enabled", undefined, "enabled"],
  ["dry_run", undefined, "dry_run"],
  ["disabled", undefined, "disabled"],
  ["enabled", "enabled", "enabled"],
  ["enabled", "dry_run", "dry_run"],
  ["enabled", "disabled", "disabled"],
  ["dry_run", "enabled", "dry_run"],
  ["dry_run", "dry_run", "dry_run"],
  ["dry_run", "disabled", "disabled"],
  ["disabled", "enabled", "disabled"],
  ["disabled", "dry_run", "disabled"],
  ["disabled", "disabled", "disabled"],
] as const)("the config's hand %s, the admin's %s: %s counts", (config, admin, effective) => {
  expect(stricterMode(config, admin)).toBe(effective);
});

test("what counts is shown with both hands and what a restart would forget", () => {
  const hand = { mode: "dry_run", who: "alice", when: "2026-11-22T00:00:00.000Z", why: "drill" } as const;
  const config = { executionMode: "enabled", notKept: undefined } as const;
  expect(executionModesOf(config, { hand: undefined, notKept: undefined })).toEqual({
    effective: "enabled",
    config: "enabled",
  });
  expect(executionModesOf(config, { hand, notKept: "ENOSPC" })).toEqual({
    effective: "dry_run",
    config: "enabled",
    admin: hand,
    notKept: "ENOSPC",
  });
});
