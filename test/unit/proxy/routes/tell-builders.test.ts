import { expect, test } from "vitest";
import { DaLimit } from "../../../../proxy/da-limit.ts";
import { viewCalls } from "../../../../proxy/engine-api/json-rpc.ts";
import type { Upstream } from "../../../../proxy/engine-api/upstream-client.ts";
import { tellBuilders } from "../../../../proxy/routes/tell-builders.ts";
import { builderOf } from "../kit/builder-of.ts";
import { ManualClock } from "../kit/manual-clock.ts";

test("a part of a batch is copied once, however many builders it waits for", () => {
  const clock = new ManualClock();
  const told: Buffer[] = [];
  const client: Upstream = {
    call: ({ body }) => {
      told.push(body);
      return new Promise(() => {});
    },
    close: async () => {},
  };
  const builders = ["one", "two", "three"].map((name) => builderOf(name, { client, clock }));
  const body = Buffer.from(
    '[{"id":1,"method":"eth_chainId"},{"id":2,"method":"eth_sendRawTransaction","params":["0x02"]}]',
  );
  tellBuilders(body, viewCalls(body) ?? [], {
    wiring: () => ({ builders, daLimit: new DaLimit(clock) }),
    executionMode: () => "enabled",
    fault: () => {},
  });
  expect(told[0]?.toString()).toBe('[{"id":2,"method":"eth_sendRawTransaction","params":["0x02"]}]');
  expect([told.length, new Set(told).size]).toEqual([3, 1]);
});

test("a fault of the proxy's own while a builder is told is not lost", async () => {
  const faults: unknown[] = [];
  const clock = new ManualClock();
  const client: Upstream = { call: () => Promise.reject(new Error("invariant")), close: async () => {} };
  const body = Buffer.from('{"id":1,"method":"eth_sendRawTransaction","params":["0x02"]}');
  tellBuilders(body, viewCalls(body) ?? [], {
    wiring: () => ({ builders: [builderOf("one", { client, clock })], daLimit: new DaLimit(clock) }),
    executionMode: () => "enabled",
    fault: (error) => void faults.push(error),
  });
  await expect.poll(() => faults).toEqual([new Error("invariant")]);
});
