import { expect, test } from "vitest";
import { MalformedWatchEvent, type WatchEvent, watchEvents } from "../../../../operator/observe/watch-events.ts";

const ADDED = '{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"pöd","uid":"u","resourceVersion":"7"}}}';
const BOOKMARK = '{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"9"}}}';

test("events are found wherever the bytes were cut, within a character too", async () => {
  const bytes = Buffer.from(`${ADDED}\n${BOOKMARK}\n`);
  for (const size of [1, 3, 50, bytes.length]) {
    const events = await eventsOf(
      Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
    );
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "BOOKMARK"]);
    expect(events[0]).toMatchObject({ object: { metadata: { name: "pöd" } } });
    expect(events[1]).toEqual({ type: "BOOKMARK", resourceVersion: "9" });
  }
});

test("an error event carries the server's code and words", async () => {
  const line = '{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n';
  expect(await eventsOf([Buffer.from(line)])).toEqual([
    { type: "ERROR", code: 410, message: "too old resource version" },
  ]);
});

test.for([
  ["no JSON", "<html>\n"],
  ["an unknown type", '{"type":"SYNC","object":{}}\n'],
  ["an object without resourceVersion", '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}\n'],
  ["a line without end", "x".repeat(8 * 1_024 * 1_024 + 1)],
])("%s is no event, and is not skipped", async ([, line]) => {
  await expect(eventsOf([Buffer.from(line ?? "")])).rejects.toBeInstanceOf(MalformedWatchEvent);
});

test("half a line at the end is an error, but says nothing that has to be listed for", async () => {
  const half = eventsOf([Buffer.from(`${ADDED}\n${BOOKMARK.slice(0, 20)}`)]);
  await expect(half).rejects.toThrow("in the middle of an event");
  await expect(half).rejects.not.toBeInstanceOf(MalformedWatchEvent);
});

async function eventsOf(chunks: readonly Uint8Array[]): Promise<readonly WatchEvent[]> {
  const events: WatchEvent[] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const event of watchEvents(stream())) events.push(event);
  return events;
}
