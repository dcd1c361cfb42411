import { expect, test } from "vitest";
import { Background } from "../../../proxy/background.ts";

test("work is begun at once and awaited on close, and its failure is told", async () => {
  const failures: unknown[] = [];
  const background = new Background((error) => void failures.push(error));
  const { promise, resolve } = Promise.withResolvers<void>();
  let ended = false;
  expect(background.begin(() => promise)).toBe(true);
  expect(background.begin(() => Promise.reject(new Error("a fault of ours")))).toBe(true);
  const done = background.done().then(() => {
    ended = true;
  });
  await Promise.resolve();
  expect([failures.length, ended]).toEqual([1, false]);
  resolve();
  await done;
  expect(ended).toBe(true);
});

test("it is bounded: above 128 pieces nothing more is begun, until one has ended", async () => {
  const background = new Background(() => {});
  const ends: (() => void)[] = [];
  let begun = 0;
  const work = (): Promise<void> => {
    begun += 1;
    return new Promise((resolve) => ends.push(resolve));
  };
  const accepted = Array.from({ length: 140 }, () => background.begin(work));
  expect([accepted.filter(Boolean).length, begun]).toEqual([128, 128]);
  ends.pop()?.();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  expect([background.begin(work), background.begin(work), begun]).toEqual([true, false, 129]);
});
