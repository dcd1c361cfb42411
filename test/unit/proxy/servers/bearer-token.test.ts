import { expect, test } from "vitest";
import { isAuthorized } from "../../../../proxy/servers/bearer-token.ts";

test.each([
  ["Bearer t0ken", "t0ken", true],
  ["bearer t0ken", "t0ken", true],
  ["Bearer t0ken ", "t0ken", false],
  ["Bearer T0ken", "t0ken", false],
  ["Bearer t0ke", "t0ken", false],
  ["Bearer ", "t0ken", false],
  ["Basic t0ken", "t0ken", false],
  ["t0ken", "t0ken", false],
  [undefined, "t0ken", false],
  ["Bearer undefined", undefined, false],
  ["Bearer t0ken", undefined, false],
])("Authorization %j where the token is %j: %s", (header, token, expected) => {
  expect(isAuthorized(header, token)).toBe(expected);
});
