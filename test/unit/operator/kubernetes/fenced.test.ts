import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, request } from "undici";
import { expect, test } from "vitest";
import { fenced } from "../../../../operator/kubernetes/fenced.ts";
import { until } from "../../../devnet/until.ts";

test("a request that waited for its connection is not sent when the fence has closed meanwhile", async () => {
  const bodies: string[] = [];
  const answers: ServerResponse[] = [];
  const server = createServer((incoming, response) => {
    answers.push(response);
    bodies.push(incoming.url ?? "");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const agent = new Agent({ connections: 1 });
  let isOpen = true;
  const dispatcher = fenced(agent, () => {
    if (!isOpen) throw new Error("the fence is closed");
  });
  const send = (path: string) =>
    request(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method: "PUT", dispatcher });
  try {
    const first = send("/first");
    await until("the first one there", () => (bodies.length === 1 ? true : undefined));
    const second = send("/second");
    const refused = expect(second).rejects.toThrow("the fence is closed");
    isOpen = false;
    answers[0]?.end();
    expect((await first).statusCode).toBe(200);
    await refused;
    expect(bodies).toEqual(["/first"]);
  } finally {
    await agent.destroy();
    server.closeAllConnections();
    server.close();
  }
});
