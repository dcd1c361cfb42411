import { expect, test } from "vitest";
import { Background } from "../../../../proxy/background.ts";
import type { Builder } from "../../../../proxy/builder.ts";
import { JobBook } from "../../../../proxy/payload-job/job-book.ts";
import { answerCall, readCall } from "../../../../proxy/routes/answer-call.ts";
import { ValidationTime } from "../../../../proxy/selection/validation-time.ts";
import type { SequencerProxy } from "../../../../proxy/sequencer-proxy.ts";
import { wire } from "../../../../proxy/wiring.ts";
import { envelopeOf, PARENT } from "../kit/block.ts";
import { documentOf } from "../kit/document.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const OWN = envelopeOf().body;

/** A fault of the proxy itself, in the middle of a choice. */
class BrokenBook extends JobBook<Builder> {
  override isOwnBlockOnly(): boolean {
    throw new Error("invariant");
  }
}

/** A fault behind the choice. */
class BrokenLater extends JobBook<Builder> {
  override leaveToOwn(): void {
    throw new Error("invariant");
  }
}

function brokenProxy(executionMode: "enabled" | "dry_run", jobs: JobBook<Builder> = new BrokenBook()) {
  const clock = new ManualClock();
  const connect = () => ({
    call: async () => ({ kind: "answered" as const, status: 200, headers: {}, body: OWN }),
    close: async () => {},
  });
  const wiring = wire(documentOf(), undefined, {
    clock,
    connect,
    secretsDir: "/nowhere",
    isShutOff: () => false,
  });
  const violations: unknown[] = [];
  const background = new Background((error) => void violations.push(error));
  const asked = { kind: "not_asked", reason: "no_builder" } as const;
  jobs.open({ payloadId: "0x03", parentHash: PARENT, parentNumber: 41n, builders: asked });
  const proxy: SequencerProxy = {
    wiring: () => wiring,
    executionMode: () => executionMode,
    jobs,
    deciding: new Map(),
    clock,
    validationTime: new ValidationTime(clock),
    background: (work) => background.begin(work),
    fault: (error) => background.fault(error),
    decided: () => {},
    repeated: () => {},
  };
  return { proxy, background, violations, [Symbol.asyncDispose]: () => wiring.executionClient.close() };
}

test.each(["enabled", "dry_run"] as const)(
  "a fault of the proxy's own while it chooses is told, and op-node has the execution client's block (%s)",
  async (mode) => {
    await using broken = brokenProxy(mode);
    const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"engine_getPayloadV4","params":["0x03"]}');
    const reply = await answerCall(readCall(body, {}), broken.proxy);
    expect(reply.body).toEqual(OWN);
    await expect.poll(() => broken.violations).toEqual([new Error("invariant")]);
    expect((await answerCall(readCall(body, {}), broken.proxy)).body).toEqual(OWN);
    expect(broken.proxy.deciding.size).toBe(0);
  },
);

test("a fault of the proxy's own is told also while as much as may be goes on after replies", async () => {
  await using broken = brokenProxy("enabled");
  while (broken.background.begin(() => new Promise(() => {}))) {}
  const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"engine_getPayloadV4","params":["0x03"]}');
  expect((await answerCall(readCall(body, {}), broken.proxy)).body).toEqual(OWN);
  expect(broken.violations).toEqual([new Error("invariant")]);
});

test("a fault of the proxy's own behind the choice keeps no repeat waiting", async () => {
  await using broken = brokenProxy("enabled", new BrokenLater());
  const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"engine_getPayloadV4","params":["0x03"]}');
  const calls = [1, 2, 3].map(() => answerCall(readCall(body, {}), broken.proxy));
  expect(await Promise.allSettled(calls)).toMatchObject(calls.map(() => ({ status: "rejected" })));
  expect(broken.proxy.deciding.size).toBe(0);
});
