import { expect, test } from "vitest";
import { DA_LIMIT_KEPT_MS, DaLimit } from "../../../proxy/da-limit.ts";
import { member, viewJson } from "../../../proxy/engine-api/json-view.ts";
import { ManualClock } from "./kit/manual-clock.ts";

function note(limit: DaLimit, params: string): void {
  const body = Buffer.from(`{"id":9,"method":"miner_setMaxDASize","params":${params}}`);
  limit.note(body, member(viewJson(body), "params"));
}

test("the newest limit of the last minutes, as a call of our own, its parameters as they came", () => {
  const clock = new ManualClock();
  const limit = new DaLimit(clock);
  expect(limit.current()).toBeUndefined();
  note(limit, '["0x1","0x2"]');
  note(limit, '["0x3" , "0x4"]');
  clock.advance(DA_LIMIT_KEPT_MS - 1);
  expect(limit.current()?.toString()).toBe(
    '{"jsonrpc":"2.0","id":1,"method":"miner_setMaxDASize","params":["0x3","0x4"]}',
  );
  clock.advance(1);
  expect(limit.current()).toBeUndefined();
});

test.each([['{"a":1}'], ["null"], [`["0x${"1".repeat(2_000)}"]`]])("%.30s is not kept", (params) => {
  const limit = new DaLimit(new ManualClock());
  note(limit, params);
  expect(limit.current()).toBeUndefined();
});
