import { expect, test } from "vitest";
import type { ExecutionMode } from "../../../../proxy/contract/config-file.ts";
import { debugServer } from "../../../../proxy/servers/debug-server.ts";

/** A debug server on an admin hand without a disk. */
function serve(options: { readonly needsToken?: boolean; readonly config?: ExecutionMode } = {}) {
  const asked: unknown[] = [];
  let mode: ExecutionMode = "enabled";
  const server = debugServer({
    modes: {
      get effective() {
        return options.config ?? mode;
      },
      adminHand: {
        set: async (request) => {
          asked.push(request);
          mode = request.mode;
        },
      },
    },
    needsToken: options.needsToken === true,
    adminToken: () => "t0ken",
  });
  const send = async (payload: string, headers: Readonly<Record<string, string>> = {}, url = "/") => {
    const answer = await server.inject({
      method: "POST",
      url,
      payload,
      headers: { "content-type": "application/json", ...headers },
    });
    return { status: answer.statusCode, type: answer.headers["content-type"], body: answer.body };
  };
  return { server, send, asked };
}

const get = '{"jsonrpc":"2.0","id":1,"method":"debug_getExecutionMode"}';
const set = (params: string, id = "1"): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"debug_setExecutionMode","params":${params}}`;
const dryRun = '[{"execution_mode":"dry_run"}]';
const error = (code: number, id: unknown = 1) => ({ jsonrpc: "2.0", id, error: expect.objectContaining({ code }) });

test("debug_setExecutionMode and debug_getExecutionMode answer the bytes rollup-boost answers", async () => {
  const { send, asked } = serve();
  const answer = (mode: string) => ({
    status: 200,
    type: "application/json; charset=utf-8",
    body: `{"jsonrpc":"2.0","id":1,"result":{"execution_mode":"${mode}"}}`,
  });
  expect(await send(get)).toEqual(answer("enabled"));
  for (const mode of ["dry_run", "disabled", "enabled"]) {
    expect(await send(set(`[{"execution_mode":"${mode}"}]`))).toEqual(answer(mode));
    expect(await send(get)).toEqual(answer(mode));
  }
  expect(asked[0]).toEqual({ mode: "dry_run", who: "debug API", why: "debug_setExecutionMode" });
});

test("with the config's hand closed, both answer what counts: the admin's hand cannot open it", async () => {
  const { send } = serve({ config: "disabled" });
  expect((await send(set('[{"execution_mode":"enabled"}]'))).body).toContain('"execution_mode":"disabled"');
});

test.each([
  ["by name", '{"request":{"execution_mode":"dry_run"}}'],
  ["with another field", '[{"execution_mode":"dry_run","x":1}]'],
  ["with another parameter", '[{"execution_mode":"dry_run"},2]'],
])("parameters %s are taken, as rollup-boost takes them", async (_, params) => {
  const { send } = serve();
  expect((await send(set(params))).body).toContain('{"execution_mode":"dry_run"}');
});

test.each(['["dry_run"]', '[{"execution_mode":"off"}]', '[{"execution_mode":"dry-run"}]', "[]", '"x"', "[{}]", "null"])(
  "parameters %s: -32602 with HTTP 200, nothing is set",
  async (params) => {
    const { send, asked } = serve();
    const { status, body } = await send(set(params));
    expect([status, JSON.parse(body), asked]).toEqual([200, error(-32_602), []]);
    expect(body).toContain('"message":"Invalid params"');
  },
);

test.each([
  ["an unknown method", '{"jsonrpc":"2.0","id":1,"method":"debug_x"}', error(-32_601)],
  ["no method", '{"jsonrpc":"2.0","id":1}', error(-32_600)],
  ["no version", '{"id":1,"method":"debug_getExecutionMode"}', error(-32_600)],
  ["another version", '{"jsonrpc":"1.0","id":1,"method":"debug_getExecutionMode"}', error(-32_600)],
  ["half a call", "{", error(-32_700, null)],
  ["nothing", "", error(-32_700, null)],
  ["a number", "7", error(-32_700, null)],
  ["an empty batch", "[]", error(-32_600, null)],
  ["a batch of no calls", "[7]", [error(-32_600, null)]],
  ["a batch that is too large", `[${Array(17).fill(get).join(",")}]`, error(-32_010, null)],
  ["a notification, which does nothing there", set(dryRun).replace('"id":1,', ""), null],
  ["an id that cannot be answered", set(dryRun, "{}"), null],
  ["a batch of notifications", `[${set(dryRun).replace('"id":1,', "")}]`, null],
])("%s: answered as rollup-boost does, with HTTP 200", async (_, body, expected) => {
  const { send, asked } = serve();
  const answer = await send(body);
  expect([answer.status, JSON.parse(answer.body), asked]).toEqual([200, expected, []]);
});

test("a batch is answered call by call in its order, without its notifications", async () => {
  const { send } = serve();
  const { body } = await send(`[${get},${set(dryRun, "2")},${set(dryRun).replace('"id":1,', "")},{"id":3},${get}]`);
  expect(JSON.parse(body)).toEqual([
    { jsonrpc: "2.0", id: 1, result: { execution_mode: "enabled" } },
    { jsonrpc: "2.0", id: 2, result: { execution_mode: "dry_run" } },
    error(-32_600, 3),
    { jsonrpc: "2.0", id: 1, result: { execution_mode: "dry_run" } },
  ]);
});

test.each(['"a"', "null", "18446744073709551615"])("the id %s comes back as it was", async (id) => {
  expect((await serve().send(set(dryRun, id))).body).toContain(`"id":${id},`);
});

test("any path is served, POST only, and only JSON content types: no web page can send one unasked", async () => {
  const { server, send, asked } = serve();
  expect((await send(get, {}, "/any/path?x=1")).status).toBe(200);
  for (const type of ["application/json; charset=utf-8", "application/json-rpc"]) {
    expect((await send(get, { "content-type": type })).status).toBe(200);
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"]) {
    expect((await send(set(dryRun), { "content-type": type })).status).toBe(415);
  }
  for (const method of ["GET", "PUT", "DELETE"] as const) {
    expect((await server.inject({ method, url: "/" })).statusCode).toBe(405);
  }
  expect(asked).toEqual([]);
});

test("a body above the bound: 413 with a JSON-RPC error", async () => {
  const { status, body } = await serve().send(" ".repeat(65 * 1024));
  expect([status, JSON.parse(body)]).toEqual([413, error(-32_007, null)]);
});

test("where a token is needed, nothing is read or set without it", async () => {
  const { send, asked } = serve({ needsToken: true });
  expect((await send(set(dryRun))).status).toBe(401);
  expect((await send(get, { authorization: "Bearer wrong" })).status).toBe(401);
  expect(asked).toEqual([]);
  expect((await send(set(dryRun), { authorization: "Bearer t0ken" })).status).toBe(200);
  expect(asked).toHaveLength(1);
});
