import { once } from "node:events";
import { createServer } from "node:net";

/** Below the range that Linux (32768) and macOS (49152) take outgoing connections from. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const ATTEMPTS_MAX = 100;

/** The first of `count` consecutive loopback ports that were all free a moment ago. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
  throw new Error(`no ${count} consecutive free ports between ${FIRST_PORT} and ${LAST_PORT} in ${ATTEMPTS_MAX} tries`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  const free = await Promise.race([
    once(server, "listening").then(() => true),
    once(server, "error").then(() => false),
  ]).catch(() => false);
  if (!free) return false;
  server.close();
  await once(server, "close");
  return true;
}
