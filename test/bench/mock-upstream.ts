import { createServer, type IncomingMessage } from "node:http";
import { getPayloadAnswer } from "./bodies.ts";

/**
 * A process that answers Engine API calls at once with bytes made before: an execution client and a builder, so that what
 * a bench measures is the way between. Arguments: payload bytes. Prints `{"executionClient": port, "builder": port}`.
 */
const payloadBytes = Number(process.argv[2]);
const ports = { executionClient: await serve("1"), builder: await serve("2") };
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.on("close", () => process.exit(0));
process.stdin.resume();

async function serve(hashPrefix: string): Promise<number> {
  const payload = getPayloadAnswer(payloadBytes);
  const valid = Buffer.from(
    '{"jsonrpc":"2.0","id":1,"result":{"status":"VALID","latestValidHash":null,"validationError":null}}',
  );
  let jobs = 0;
  const answer = (head: Buffer, whole: Buffer): Buffer => {
    if (head.includes("engine_newPayload")) return valid;
    if (head.includes("engine_getPayload")) {
      const id = /"0x([0-9a-f]{16})"/.exec(whole.toString("latin1"))?.[1] ?? "";
      const body = Buffer.from(payload.body);
      body.write((hashPrefix + id).padStart(64, "0"), payload.blockHashAt, "latin1");
      return body;
    }
    if (head.includes("engine_forkchoiceUpdated")) {
      if (whole.includes('"timestamp"')) jobs += 1;
      const payloadId = whole.includes('"timestamp"') ? `"0x${jobs.toString(16).padStart(16, "0")}"` : "null";
      return Buffer.from(
        `{"jsonrpc":"2.0","id":1,"result":{"payloadStatus":{"status":"VALID","latestValidHash":null,"validationError":null},"payloadId":${payloadId}}}`,
      );
    }
    return Buffer.from('{"jsonrpc":"2.0","id":1,"result":"0x385"}');
  };
  const server = createServer(async (request, response) => {
    const chunks = await read(request);
    const [head = Buffer.alloc(0)] = chunks;
    // Only small requests are looked at whole: a newPayload's payload is not the mock's business.
    const body = answer(head.subarray(0, 200), chunks.length === 1 ? head : Buffer.concat(chunks));
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the mock upstream has no port");
  return address.port;
}

async function read(request: IncomingMessage): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks;
}
