import { expect, test } from "vitest";
import { BlockAuthors } from "../../../../proxy/balancer/block-authors.ts";

test("a block's verdict goes to its builder once: two sequencers that share it report the same", () => {
  const authors = new BlockAuthors();
  authors.handedOut("0x01", "rbuilder");
  expect(authors.take("0x01")).toBe("rbuilder");
  expect(authors.take("0x01")).toBeUndefined();
});

test("a block that was never handed out has no builder", () => {
  expect(new BlockAuthors().take("0x01")).toBeUndefined();
});

test("only the newest blocks are kept", () => {
  const authors = new BlockAuthors();
  for (let number = 0; number < 200; number += 1) authors.handedOut(`0x${number}`, "rbuilder");
  expect(authors.take("0x135")).toBeUndefined();
  expect(authors.take("0x136")).toBe("rbuilder");
});
