import { expect, test } from "vitest";
import { type KeptBlock, RecentBlocks } from "../../../../proxy/payload-job/recent-blocks.ts";

const MiB = 1024 * 1024;

const block = (number: number, { parent = number - 1, bytes = 8 } = {}): KeptBlock => ({
  blockHash: `0x${number}`,
  parentHash: `0x${parent}`,
  body: () => Buffer.from(`block ${number}`),
  bytes,
});

const chain = (...numbers: readonly number[]): RecentBlocks => {
  const blocks = new RecentBlocks();
  for (const number of numbers) blocks.keep(block(number));
  return blocks;
};

const path = (blocks: RecentBlocks, head: number, ...known: readonly number[]): readonly string[] =>
  blocks
    .pathTo(`0x${head}`, (hash) => known.some((number) => hash === `0x${number}`))
    .map(({ blockHash }) => blockHash);

test.each([
  ["nothing is known: all that is kept, oldest first", 4, [], ["0x1", "0x2", "0x3", "0x4"]],
  ["up to the block that is known", 4, [2], ["0x3", "0x4"]],
  ["the head is known", 4, [4], []],
  ["the head is no kept block", 9, [], []],
  ["blocks above the head do not belong to it", 2, [], ["0x1", "0x2"]],
  ["a known block further back does not matter behind a nearer one", 4, [1, 3], ["0x4"]],
] as const)("the path to a head: %s", (_, head, known, expected) => {
  expect(path(chain(1, 2, 3, 4), head, ...known)).toEqual(expected);
});

test("of two branches it is the head's own", () => {
  const blocks = chain(1, 2, 3);
  blocks.keep(block(30, { parent: 2 }));
  expect(path(blocks, 30)).toEqual(["0x1", "0x2", "0x30"]);
});

test("a gap ends the path: what lies before it would not connect", () => {
  expect(path(chain(1, 2, 4, 5), 5)).toEqual(["0x4", "0x5"]);
});

test("the last 16 blocks are kept", () => {
  const blocks = chain(...Array.from({ length: 40 }, (_, number) => number));
  expect(path(blocks, 39)).toEqual(Array.from({ length: 16 }, (_, index) => `0x${index + 24}`));
});

test("their bytes are bounded: the oldest go first, also one alone that is larger", () => {
  const blocks = new RecentBlocks();
  for (let number = 1; number <= 16; number += 1) blocks.keep(block(number, { bytes: 10 * MiB }));
  expect(path(blocks, 16)).toEqual(["0x11", "0x12", "0x13", "0x14", "0x15", "0x16"]);
  blocks.keep(block(17, { bytes: 65 * MiB }));
  expect([path(blocks, 16), path(blocks, 17)]).toEqual([[], []]);
  blocks.keep(block(18));
  expect(path(blocks, 18)).toEqual(["0x18"]);
});

test("the same block again is one block, with the newer body", () => {
  const blocks = chain(1);
  for (let again = 0; again < 100; again += 1) blocks.keep(block(1, { bytes: 10 * MiB }));
  blocks.keep({ ...block(1), body: () => Buffer.from("newer") });
  expect(blocks.pathTo("0x1", () => false).map(({ body }) => body().toString())).toEqual(["newer"]);
});

test("a dropped block is not brought to anyone", () => {
  const blocks = chain(1, 2);
  blocks.drop("0x2");
  blocks.drop("0x9");
  expect([path(blocks, 2), path(blocks, 1)]).toEqual([[], ["0x1"]]);
});

test("blocks that name each other as parents make no endless path", () => {
  const blocks = new RecentBlocks();
  blocks.keep(block(1, { parent: 2 }));
  blocks.keep(block(2, { parent: 1 }));
  expect(path(blocks, 2).length).toBeLessThanOrEqual(16);
});
