import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PortBook } from "../../../../operator/standalone/port-book.ts";
import { findJwtSecret } from "../../../../operator/standalone/secret-source.ts";
import {
  adminToken,
  readConfig,
  sequencerFolder,
  writeConfig,
  writeSecrets,
} from "../../../../operator/standalone/state-folder.ts";
import { cluster } from "../kit/cluster.ts";
import { settled } from "../kit/observed.ts";

const JWT = "a".repeat(64);
const ref = { name: "engine-jwt", key: "jwt.hex" };
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rollup-boost-state-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const folder = () => sequencerFolder(dir, "devnet", "sequencer-0");
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("a written config is read back; a broken file counts as none", () => {
  const document = settled(cluster()).sequencers["sequencer-0"]?.written;
  expect(readConfig(folder())).toBeUndefined();
  if (document !== undefined) writeConfig(folder(), document);
  expect(readConfig(folder())).toEqual(document);
  writeFileSync(folder().configFile, "{");
  expect(readConfig(folder())).toBeUndefined();
});

test("the admin token is made once and kept; a given one comes first", () => {
  const made = adminToken(folder(), undefined);
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect(adminToken(folder(), undefined)).toBe(made);
  expect(adminToken(folder(), "given\n")).toBe("given");
  expect(adminToken(sequencerFolder(dir, "devnet", "sequencer-1"), undefined)).not.toBe(made);
});

test("the secrets folder holds what is planned, readable by this user only, and what is gone is removed", () => {
  adminToken(folder(), undefined);
  writeSecrets(
    folder(),
    new Map([
      ["execution-client.jwt", JWT],
      ["builder-a.jwt", JWT],
    ]),
  );
  writeSecrets(folder(), new Map([["execution-client.jwt", JWT]]));
  expect(readdirSync(folder().secretsDir).sort()).toEqual(["admin-token", "execution-client.jwt"]);
  expect(readFileSync(join(folder().secretsDir, "execution-client.jwt"), "utf8")).toBe(JWT);
  expect(modeOf(join(folder().secretsDir, "execution-client.jwt"))).toBe("600");
  expect(modeOf(join(folder().secretsDir, "admin-token"))).toBe("600");
});

test("a JWT secret is found in a Secret document of the namespace, else in DIR/name/key", () => {
  mkdirSync(join(dir, "engine-jwt"));
  writeFileSync(join(dir, "engine-jwt", "jwt.hex"), `0x${"b".repeat(64)}\n`);
  const documents = [{ name: "engine-jwt", namespace: "op-stack", values: { "jwt.hex": JWT } }];
  expect(findJwtSecret({ documents, secretsDir: dir }, "op-stack", ref).value).toBe(JWT);
  expect(findJwtSecret({ documents, secretsDir: dir }, "elsewhere", ref).value).toContain("bbbb");
  expect(findJwtSecret({ documents: [], secretsDir: undefined }, undefined, ref).form.form).toBe("secret_missing");
  expect(findJwtSecret({ documents, secretsDir: dir }, "op-stack", { ...ref, key: "other" }).form.form).toBe(
    "key_missing",
  );
  const short = [{ name: "engine-jwt", namespace: undefined, values: { "jwt.hex": "abc" } }];
  expect(findJwtSecret({ documents: short, secretsDir: undefined }, "x", ref)).toEqual({
    form: { ref, form: "malformed" },
    value: undefined,
  });
});

test("sequencer i has base+10*i, and keeps its ports whatever is inserted before it", () => {
  const book = new PortBook(18_551);
  expect(book.portsOf("a", 0)).toEqual({ engine: 18_551, rpc: 18_552, admin: 18_553 });
  expect(book.portsOf("b", 1).engine).toBe(18_561);
  expect(book.portsOf("new", 0).engine).toBe(18_571);
  expect(book.portsOf("b", 2).engine).toBe(18_561);
  book.keepOnly(["b"]);
  expect(book.portsOf("c", 0).engine).toBe(18_551);
});
