import { expect, test } from "vitest";
import {
  type Upstream,
  type UpstreamAnswer,
  type UpstreamCall,
  UpstreamClient,
} from "../../../proxy/engine-api/upstream-client.ts";
import { shutOffGate } from "../../../proxy/shut-off-gate.ts";
import { builderOf } from "./kit/builder-of.ts";
import { hangingServer } from "./kit/hanging-server.ts";
import { ManualClock } from "./kit/manual-clock.ts";

const VALID = { payloadStatus: { status: "VALID", latestValidHash: null }, payloadId: "0x03aaaaaaaaaaaaaa" };

/** An upstream whose answers the test gives. */
function manualUpstream() {
  const calls: { readonly body: string; readonly answer: (result: unknown) => void }[] = [];
  const client: Upstream = {
    call: ({ body }: UpstreamCall) =>
      new Promise<UpstreamAnswer>((resolve) => {
        const answer = (result: unknown): void =>
          resolve({
            kind: "answered",
            status: 200,
            headers: {},
            body: Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result })),
          });
        calls.push({ body: body.toString(), answer });
      }),
    close: async () => {},
  };
  return { client, calls };
}

test("a getPayload that waits for the builder's answer to the FCU is not sent once builders are shut off", async () => {
  const clock = new ManualClock();
  const { client, calls } = manualUpstream();
  let isShutOff = false;
  const builder = builderOf("rbuilder", { client: shutOffGate(client, () => isShutOff), clock });
  const job = builder.startJob(Buffer.from("fcu"));
  const reply = builder.getPayload("engine_getPayloadV4", job, { atMs: 10_000 });
  for (let turn = 0; turn < 20 && calls.length === 0; turn += 1) await Promise.resolve();
  isShutOff = true;
  calls[0]?.answer(VALID);
  expect(await reply).toMatchObject({ kind: "no_payload", detail: "execution mode disabled" });
  expect(calls.map(({ body }) => body)).toEqual(["fcu"]);
  isShutOff = false;
  void builder.getPayload("engine_getPayloadV4", job, { atMs: 10_000 });
  for (let turn = 0; turn < 20 && calls.length === 1; turn += 1) await Promise.resolve();
  expect(calls).toHaveLength(2);
});

test("a call that waits for a connection is not sent once builders are shut off", async () => {
  await using server = await hangingServer();
  const clock = new ManualClock();
  let isShutOff = false;
  const client = new UpstreamClient({ url: server.url, answerBytesMax: 1_000, connectionsMax: 1 }, { clock });
  const gated = shutOffGate(client, () => isShutOff);
  const call = (body: string) => gated.call({ body: Buffer.from(body), deadline: { atMs: 10_000 }, repeatable: true });
  const first = call("first");
  const { response } = await server.next();
  const second = call("second");
  isShutOff = true;
  response.end("{}");
  expect(await first).toMatchObject({ kind: "answered" });
  expect(await second).toMatchObject({ kind: "unreachable" });
  expect(server.arrivals()).toBe(1);
  await client.close();
});
