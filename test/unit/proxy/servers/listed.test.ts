import fastify from "fastify";
import { expect, test } from "vitest";
import { listed } from "../../../../proxy/servers/listed.ts";

test.each([0, 1, 31, 32, 33, 1_024])("a list of %i is the JSON it would be in one piece", async (length) => {
  const items = Array.from({ length }, (_, index) => ({ index, text: '"é' }));
  const chunks: Buffer[] = [];
  for await (const chunk of listed(items)) chunks.push(Buffer.from(chunk));
  expect(Buffer.concat(chunks).toString()).toBe(JSON.stringify(items));
});

test("while a long list is answered, others have their turn again and again", async () => {
  await using server = fastify();
  const items = Array.from({ length: 1_024 }, (_, index) => ({ index }));
  server.get("/", (_, reply) => reply.type("application/json").send(listed(items)));
  let turns = 0;
  let isAnswered = false;
  const turn = (): void => {
    turns += 1;
    if (!isAnswered) setImmediate(turn);
  };
  setImmediate(turn);
  const answer = await server.inject("/");
  isAnswered = true;
  expect(answer.json()).toEqual(items);
  expect(turns).toBeGreaterThanOrEqual(32);
});
