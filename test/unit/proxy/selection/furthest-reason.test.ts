import { expect, test } from "vitest";
import type { FallbackReason } from "../../../../proxy/contract/status.ts";
import { furthest } from "../../../../proxy/selection/furthest-reason.ts";

const of = (outcome: FallbackReason | "chosen" | "not_needed", detail?: string) => ({ outcome, detail });

test.each<readonly [FallbackReason, readonly FallbackReason[]]>([
  ["validation_invalid", ["builder_late", "validation_invalid", "attributes_mismatch"]],
  ["validation_late", ["validation_invalid", "validation_late"]],
  ["attributes_mismatch", ["builder_unreachable", "attributes_mismatch", "builder_syncing"]],
  ["nearly_empty", ["repeated_block", "nearly_empty", "builder_malformed"]],
  ["builder_late", ["builder_refused", "builder_syncing", "builder_unreachable", "builder_late"]],
  ["builder_unreachable", ["builder_unreachable"]],
])("of several reasons the one that came furthest stands: %s", (reason, all) => {
  expect(furthest(all.map((each) => of(each))).reason).toBe(reason);
  expect(furthest(all.toReversed().map((each) => of(each))).reason).toBe(reason);
});

test("its detail comes with it, the first builder's of that reason", () => {
  expect(
    furthest([of("builder_late", "x"), of("attributes_mismatch", "V-5"), of("attributes_mismatch", "V-7")]),
  ).toEqual({
    reason: "attributes_mismatch",
    detail: "V-5",
  });
});

test("nobody was asked", () => {
  expect(furthest([])).toEqual({ reason: "no_builder", detail: undefined });
});
