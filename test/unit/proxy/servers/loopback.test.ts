import { expect, test } from "vitest";
import { isLoopback } from "../../../../proxy/servers/loopback.ts";

test.each(["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "localhost", "LOCALHOST"])(
  "%s is loopback",
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each([
  "0.0.0.0",
  "::",
  "10.0.0.1",
  "128.0.0.1",
  "::2",
  "fe80::1",
  "127.example.org",
  "127.0.0.1.example.org",
  "localhost.example.org",
  "rollup-boost",
  "",
])("%s is not, or may resolve elsewhere: the debug port needs the token", (host) => {
  expect(isLoopback(host)).toBe(false);
});
