import { expect, test } from "vitest";
import { viewForkchoiceUpdate } from "../../../../proxy/engine-api/forkchoice.ts";
import { requestBody, viewRequest } from "../../../../proxy/engine-api/json-rpc.ts";
import { JobBook } from "../../../../proxy/payload-job/job-book.ts";
import type { HandedOut, PayloadJob } from "../../../../proxy/payload-job/payload-job.ts";

const attributes = (() => {
  const request = viewRequest(
    requestBody("engine_forkchoiceUpdatedV3", ['{"headBlockHash":"0xaa"}', '{"timestamp":"0x1"}']),
  );
  const update = request && viewForkchoiceUpdate(request)?.attributes;
  if (update === undefined) throw new Error("the fixture is no FCU with attributes");
  return update;
})();

const job = (payloadId: string): PayloadJob<string> => ({
  payloadId,
  parentHash: "0xaa",
  parentNumber: undefined,
  builders: { kind: "asked", asked: [], attributes },
});

const handedOut = (blockHash: string, source: HandedOut["source"] = "builder", bytes = 8): HandedOut => ({
  source,
  blockHash,
  blockNumber: 1,
  result: Buffer.alloc(bytes),
});

const bookWith = (...payloadIds: readonly string[]): JobBook<string> => {
  const book = new JobBook<string>();
  for (const payloadId of payloadIds) book.open(job(payloadId));
  return book;
};

test("what was handed out for an id is kept for it (E-16)", () => {
  const book = bookWith("0x01", "0x02");
  const kept = handedOut("0xb1");
  book.handOut("0x01", kept);
  expect(book.handedOut("0x01")).toBe(kept);
  expect(book.handedOut("0x02")).toBeUndefined();
  expect(book.isOwnBlockOnly("0x01")).toBe(false);
});

test("the same attributes again after a hand-out: from then on only the own block", () => {
  const book = bookWith("0x01");
  book.open(job("0x01"));
  expect(book.isOwnBlockOnly("0x01")).toBe(false);
  book.handOut("0x01", handedOut("0xb1"));
  book.open(job("0x01"));
  expect([book.handedOut("0x01"), book.isOwnBlockOnly("0x01")]).toEqual([undefined, true]);
  book.open(job("0x01"));
  expect(book.isOwnBlockOnly("0x01")).toBe(true);
});

test("a rejected block is not handed out again, wherever it was; another one stays", () => {
  const book = bookWith("0x01", "0x02", "0x03");
  book.handOut("0x01", handedOut("0xb1"));
  book.handOut("0x02", handedOut("0xb2"));
  book.handOut("0x03", handedOut("0xb1", "execution_client"));
  book.reject("0xb1");
  expect([book.handedOut("0x01"), book.isOwnBlockOnly("0x01")]).toEqual([undefined, true]);
  expect(book.handedOut("0x02")?.blockHash).toBe("0xb2");
  expect(book.handedOut("0x03")?.blockHash).toBe("0xb1");
});

test("a block already returned for one id is not fresh for another, whoever made it (V-14)", () => {
  const book = bookWith("0x01", "0x02");
  book.handOut("0x01", handedOut("0xb1"));
  book.handOut("0x02", handedOut("0xe1", "execution_client"));
  expect(book.isHandedOutForAnother("0xb1", "0x01")).toBe(false);
  expect(book.isHandedOutForAnother("0xb1", "0x02")).toBe(true);
  expect(book.isHandedOutForAnother("0xe1", "0x01")).toBe(true);
  expect(book.isHandedOutForAnother("0xf1", "0x02")).toBe(false);
});

test("a job is open until op-node has fetched it or was told that there is none; only the newest counts", () => {
  const book = new JobBook<string>();
  expect(book.hasOpenJob).toBe(false);
  book.open(job("0x01"));
  expect(book.hasOpenJob).toBe(true);
  book.handOut("0x01", handedOut("0xb1"));
  expect(book.hasOpenJob).toBe(false);
  book.open(job("0x02"));
  book.close("0x02");
  expect(book.hasOpenJob).toBe(false);
  book.open(job("0x03"));
  book.open(job("0x02"));
  book.handOut("0x02", handedOut("0xb2"));
  expect(book.hasOpenJob).toBe(false);
});

test("an id that is not in the book changes nothing", () => {
  const book = bookWith("0x01");
  book.handOut("0x09", handedOut("0xb1"));
  book.close("0x09");
  book.reject("0xb9");
  expect(book.handedOut("0x09")).toBeUndefined();
  expect(book.isHandedOutForAnother("0xb1", "0x01")).toBe(false);
});

test("64 jobs are kept, and the hashes of 256 blocks", () => {
  const book = new JobBook<string>();
  for (let index = 0; index < 1_000; index += 1) {
    book.open(job(`0x${index}`));
    book.handOut(`0x${index}`, handedOut(`0xb${index}`));
  }
  expect(Array.from({ length: 1_000 }, (_, index) => book.get(`0x${index}`)).filter(Boolean)).toHaveLength(64);
  expect(book.get("0x999")?.payloadId).toBe("0x999");
  expect(book.isHandedOutForAnother("0xb744", "0x999")).toBe(true);
  expect(book.isHandedOutForAnother("0xb743", "0x999")).toBe(false);
});

test("kept envelopes are bounded in bytes: the oldest go first", () => {
  const book = new JobBook<string>();
  const MiB = 1024 * 1024;
  for (let index = 0; index < 20; index += 1) {
    book.open(job(`0x${index}`));
    book.handOut(`0x${index}`, handedOut(`0xb${index}`, "builder", 5 * MiB));
  }
  const kept = Array.from({ length: 20 }, (_, index) => book.handedOut(`0x${index}`)?.blockHash).filter(Boolean);
  expect(kept).toEqual(Array.from({ length: 12 }, (_, index) => `0xb${index + 8}`));
});

test("a text that is too long to be a hash takes no place", () => {
  const book = bookWith();
  const text = `0x${"a".repeat(65)}`;
  book.sawBlock(text, 1n);
  expect(book.numberOf(text)).toBeUndefined();
});

test("the numbers of blocks are known by their hash (V-6)", () => {
  const book = bookWith("0x01");
  book.sawBlock("0xaa", 41n);
  book.handOut("0x01", { ...handedOut("0xbb"), blockNumber: 42 });
  expect([book.numberOf("0xaa"), book.numberOf("0xbb"), book.numberOf("0xcc")]).toEqual([41n, 42n, undefined]);
});

test("an FCU with attributes that is under way counts as an open job", () => {
  const book = bookWith();
  const [first, second] = [book.expect(), book.expect()];
  first();
  expect(book.hasOpenJob).toBe(true);
  second();
  expect(book.hasOpenJob).toBe(false);
});

test("the attributes of jobs are bounded in bytes: the oldest are left to the execution client, the newest never", () => {
  const book = new JobBook<string>();
  const MiB = 1024 * 1024;
  const large = (payloadId: string, bytes: number): PayloadJob<string> => ({
    ...job(payloadId),
    builders: { kind: "asked", asked: [], attributes: { ...attributes, body: Buffer.alloc(bytes) } },
  });
  for (let index = 0; index < 10; index += 1) book.open(large(`0x${index}`, 5 * MiB));
  book.handOut("0x0", handedOut("0xb1"));
  const kinds = Array.from({ length: 10 }, (_, index) => book.get(`0x${index}`)?.builders.kind);
  expect(kinds).toEqual([...Array(4).fill("not_asked"), ...Array(6).fill("asked")]);
  expect(book.handedOut("0x0")?.blockHash).toBe("0xb1");
  book.open(large("0xa", 33 * MiB));
  expect([book.get("0x9")?.builders.kind, book.get("0xa")?.builders.kind]).toEqual(["not_asked", "asked"]);
});

test("it is known which blocks this proxy has handed out", () => {
  const book = bookWith("0x01");
  book.handOut("0x01", handedOut("0xb1"));
  expect([book.wasHandedOut("0xb1"), book.wasHandedOut("0xb2")]).toEqual([true, false]);
});
