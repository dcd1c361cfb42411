import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What arrived: its body, and the way to answer it. */
export type Arrived = { readonly body: string; readonly request: IncomingMessage; readonly response: ServerResponse };

/** A real HTTP server that answers nothing by itself: the test takes calls in their order and answers them. */
export async function hangingServer(host = "127.0.0.1") {
  const waiting: Arrived[] = [];
  const takers: ((arrived: Arrived) => void)[] = [];
  let arrivals = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    arrivals += 1;
    const arrived = { body: Buffer.concat(chunks).toString(), request, response };
    const taker = takers.shift();
    if (taker === undefined) waiting.push(arrived);
    else taker(arrived);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    arrivals: (): number => arrivals,
    /** The next call, as soon as it is here. */
    next: (): Promise<Arrived> => {
      const here = waiting.shift();
      return here === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(here);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
