import { expect, test } from "vitest";
import { PushMemory } from "../../../../operator/apply/push-memory.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { cluster } from "../kit/cluster.ts";
import { empty, OPTIONS, proxy } from "../kit/observed.ts";

const REFUSED = { kind: "refused", revision: 0, problem: "refused revision 1" } as const;
const FAILED = { kind: "failed", problem: "no answer" } as const;

test("a refused document is offered again only after a while, the next revision at once", () => {
  let nowMs = 0;
  const memory = new PushMemory({ monotonicMs: () => nowMs });
  const behind = proxyAt(0);
  expect(memory.isDue(behind, 1)).toBe(true);
  memory.remember(behind, 1, REFUSED);
  expect(memory.isDue(behind, 1)).toBe(false);
  expect(memory.isDue(behind, 2)).toBe(true);
  nowMs = 10_000;
  expect(memory.isDue(behind, 1)).toBe(true);
});

test("a push that failed is tried again at once, and forgotten when the proxy runs the document all the same", () => {
  const memory = new PushMemory({ monotonicMs: () => 0 });
  memory.remember(proxyAt(0), 1, FAILED);
  expect(memory.isDue(proxyAt(0), 1)).toBe(true);
  expect(memory.recall(proxyAt(0))).toMatchObject({ problem: "no answer" });
  expect(memory.recall(proxyAt(1))).not.toHaveProperty("problem");
});

function proxyAt(revision: number) {
  const [config] = plan(cluster(), empty(cluster()), OPTIONS).configs;
  if (config === undefined) throw new Error("nothing planned");
  return proxy(config.document, { revision });
}
