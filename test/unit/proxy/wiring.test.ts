import { expect, test } from "vitest";
import type { Upstream, UpstreamAnswer } from "../../../proxy/engine-api/upstream-client.ts";
import { closeRemoved, wire } from "../../../proxy/wiring.ts";
import { documentOf } from "./kit/document.ts";
import { ManualClock } from "./kit/manual-clock.ts";

const answer: UpstreamAnswer = { kind: "answered", status: 200, headers: {}, body: Buffer.from("{}") };

test("while builders are shut off no call passes to one, on whatever way; the execution client's do", async () => {
  const sent: string[] = [];
  const connect = ({ url }: { readonly url: string }): Upstream => ({
    call: async ({ body }) => {
      sent.push(`${url} ${body}`);
      return answer;
    },
    close: async () => {},
  });
  let isShutOff = false;
  const config = documentOf();
  const dependencies = {
    secretsDir: "/nowhere",
    clock: new ManualClock(),
    connect,
    isShutOff: () => isShutOff,
    leadership: () => "unknown" as const,
  };
  const wiring = wire(config, undefined, dependencies);
  const everyWay = async (): Promise<void> => {
    await wiring.executionClient.engineCall(Buffer.from("own"));
    for (const builder of wiring.builders) {
      await builder.lane.forkchoice(Buffer.from("head"));
      const job = builder.startJob(Buffer.from("job"));
      await builder.getPayload("engine_getPayloadV4", job, { atMs: 1_000 });
      await builder.getPayload("engine_getPayloadV4", Promise.resolve(BUILDING), { atMs: 1_000 });
    }
  };
  const toBuilders = (): readonly string[] => sent.filter((line) => !line.startsWith(config.executionClient.url));

  await everyWay();
  expect(toBuilders()).toHaveLength(3 * config.builders.length);
  sent.length = 0;
  isShutOff = true;
  await everyWay();
  expect(toBuilders()).toEqual([]);
  expect(sent).toEqual([`${config.executionClient.url} own`]);
  await closeRemoved(wiring, undefined);
});

const BUILDING = { kind: "building", payloadId: "0x03aaaaaaaaaaaaaa" } as const;
