import { expect, test } from "vitest";
import { newerDocument, revisionVerdict } from "../../../proxy/config-revision.ts";
import { documentOf } from "./kit/document.ts";

test.each([
  ["a higher revision", documentOf({ revision: 8 }), "accepted"],
  ["the same document", documentOf({ revision: 7 }), "unchanged"],
  ["the same revision with other content", documentOf({ revision: 7, executionMode: "disabled" }), "conflict"],
  ["the same revision with another builder", documentOf({ revision: 7, builders: [] }), "conflict"],
  ["a lower revision", documentOf({ revision: 6, executionMode: "disabled" }), "ignored"],
])("%s is %3$s", (_, pushed, verdict) => {
  expect(revisionVerdict(documentOf({ revision: 7 }), pushed)).toBe(verdict);
});

test("the order of fields is no content", () => {
  const running = documentOf({ revision: 7 });
  const pushed = Object.fromEntries(Object.entries(running).reverse()) as typeof running;
  expect(revisionVerdict(running, pushed)).toBe("unchanged");
});

test("a restarted container does not revive the old wiring of its mounted file", () => {
  const mounted = { config: documentOf({ revision: 3 }) };
  const kept = { config: documentOf({ revision: 5 }) };
  expect(newerDocument(mounted, kept)).toBe(kept);
  expect(newerDocument(mounted, undefined)).toBe(mounted);
  expect(newerDocument(kept, mounted)).toBe(kept);
  expect(newerDocument(mounted, { config: documentOf({ revision: 3, executionMode: "disabled" }) })).toBe(mounted);
});

test("what another sequencer's proxy kept is not this one's, whatever its revision", () => {
  const mounted = { config: documentOf({ revision: 3 }) };
  expect(newerDocument(mounted, { config: documentOf({ revision: 9, sequencer: "sequencer-1" }) })).toBe(mounted);
  expect(newerDocument(mounted, { config: documentOf({ revision: 9, cluster: "base-mainnet" }) })).toBe(mounted);
});
