import { createServer, type IncomingMessage, type Server } from "node:http";
import { envelopeOf } from "./bodies.ts";

const VALID = Buffer.from('{"status":"VALID","latestValidHash":null,"validationError":null}');
const CLOSING = Buffer.from("}");

/**
 * A process that answers Engine API calls at once with bytes made before, so that what a bench measures is the way between.
 * Arguments: payload bytes; one hex digit for each upstream, which marks its block hashes. Prints the ports as a JSON list.
 * From the first byte of its standard input on it takes every request and answers none; it says `hung` when it does.
 */
const [, , bytes, marks = ""] = process.argv;
const payloadBytes = Number(bytes);
let isHung = false;
const ports = await Promise.all([...marks].map(serve));
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.on("close", () => process.exit(0));
process.stdin.on("data", () => {
  isHung = true;
  process.stdout.write("hung\n");
});

async function serve(mark: string): Promise<number> {
  const payload = envelopeOf(payloadBytes);
  let jobs = 0;
  const answer = (head: Buffer, whole: Buffer): readonly Buffer[] => {
    const id = /"id":(\d+)/.exec(head.toString("latin1"))?.[1] ?? "null";
    return [Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":`), result(head, whole), CLOSING];
  };
  const result = (head: Buffer, whole: Buffer): Buffer => {
    if (head.includes("engine_newPayload")) return VALID;
    if (head.includes("engine_getPayload")) {
      const id = /"0x([0-9a-f]{16})"/.exec(whole.toString("latin1"))?.[1] ?? "";
      const envelope = Buffer.from(payload.bytes);
      envelope.write((mark + id).padStart(64, "0"), payload.blockHashAt, "latin1");
      return envelope;
    }
    if (head.includes("engine_forkchoiceUpdated")) {
      if (whole.includes('"timestamp"')) jobs += 1;
      const payloadId = whole.includes('"timestamp"') ? `"0x${jobs.toString(16).padStart(16, "0")}"` : "null";
      return Buffer.from(
        `{"payloadStatus":{"status":"VALID","latestValidHash":null,"validationError":null},"payloadId":${payloadId}}`,
      );
    }
    return Buffer.from('"0x385"');
  };
  const server = createServer(async (request, response) => {
    const chunks = await read(request);
    if (isHung) return;
    const [head = Buffer.alloc(0)] = chunks;
    // Only small requests are looked at whole: a newPayload's payload is not the mock's business.
    const parts = answer(head.subarray(0, 200), chunks.length === 1 ? head : Buffer.concat(chunks));
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    response.writeHead(200, { "content-type": "application/json", "content-length": length });
    response.cork();
    for (const part of parts) response.write(part);
    response.end();
  });
  server.keepAliveTimeout = 120_000;
  return await portOf(server);
}

async function portOf(server: Server): Promise<number> {
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
