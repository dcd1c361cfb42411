import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Arguments, StandIn } from "./arguments.ts";
import { type ConfigFile, defaultSelection, defaultTiming, parseConfigFile } from "./contract/config-file.ts";
import { problemText } from "./contract/problems.ts";
import { parseJwtSecret } from "./engine-api/jwt.ts";
import { type RollupBoostName, rollupBoostOptions, variableOf } from "./rollup-boost-options.ts";
import { isLoopback } from "./servers/loopback.ts";

/** Values by option, from flags. */
export type Given = Readonly<Partial<Record<RollupBoostName, string | boolean | undefined>>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** What rollup-boost's options mean here, and what of them is different; or every problem. */
export type RollupBoostParsed =
  | { readonly kind: "run"; readonly arguments: RollupBoostArguments; readonly notes: readonly string[] }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

type RollupBoostArguments = Omit<Arguments, "drainSeconds" | "exitWithParent"> & { readonly standIn: StandIn };

/** rollup-boost knows no block time; its chains have this one. */
const BLOCK_TIME_MS = 2_000;

/** `--block-selection-policy gas-used`: the execution client's block where the builder's has less than this of its gas. */
const GAS_USED_PERCENT = 10;

const MODES: Readonly<Record<string, ConfigFile["executionMode"]>> = {
  enabled: "enabled",
  "dry-run": "dry_run",
  dry_run: "dry_run",
  disabled: "disabled",
};

/** Options by which a command line or environment is rollup-boost's and not this proxy's own. */
const TELLING: readonly RollupBoostName[] = [
  "l2-url",
  "l2-jwt-token",
  "l2-jwt-path",
  "builder-url",
  "builder-jwt-token",
  "builder-jwt-path",
];

/** Whether the environment is rollup-boost's. */
export const isRollupBoosts = (env: Environment): boolean =>
  TELLING.some((name) => (env[variableOf(name)] ?? "") !== "");

/** Reads rollup-boost's options: a flag counts before its environment variable, and that before the default. */
export function parseRollupBoostArguments(flags: Given, env: Environment, stateDir?: string): RollupBoostParsed {
  const values = new Map<RollupBoostName, string>();
  for (const [name, { type }] of rollupBoostOptions) {
    const value = flags[name] ?? env[variableOf(name)] ?? "";
    if (type === "boolean" ? isTrue(value) : value !== "") values.set(name, String(value));
  }
  const value = (name: RollupBoostName, otherwise: string): string => values.get(name) ?? otherwise;
  const problems: string[] = [];
  const whole = (name: RollupBoostName, otherwise: string, max: number): number => {
    const text = value(name, otherwise);
    if (!/^\d+$/.test(text) || Number(text) > max) {
      problems.push(`--${name}: found "${text}", allowed: a whole number from 0 to ${max}`);
    }
    return Number(text);
  };
  const oneOf = <T>(name: RollupBoostName, allowed: Readonly<Record<string, T>>, otherwise: T): T => {
    const text = values.get(name);
    const found = text === undefined ? otherwise : allowed[text];
    if (found === undefined) problems.push(`--${name}: found "${text}", allowed: ${Object.keys(allowed).join(", ")}`);
    return found ?? otherwise;
  };
  const secretOf = (side: "l2" | "builder"): StandIn["secrets"][string] => {
    const token = values.get(`${side}-jwt-token`);
    const path = values.get(`${side}-jwt-path`);
    if (token === undefined && path === undefined)
      problems.push(`--${side}-jwt-path or --${side}-jwt-token is missing`);
    if (token === undefined) return { kind: "file", path: path ?? "" };
    const secret = parseJwtSecret(token);
    if (secret !== undefined) return { kind: "token", secret };
    problems.push(`--${side}-jwt-token: not a JWT secret; it must be 64 hex characters`);
    return { kind: "file", path: "" };
  };
  for (const [name, { instead }] of rollupBoostOptions) {
    if (instead !== undefined && values.has(name)) problems.push(`--${name}: ${instead}`);
  }

  const enginePort = whole("rpc-port", "8081", 65_535);
  const l2Url = urlOf(value("l2-url", "127.0.0.1:8551"));
  const document = {
    schemaVersion: 1,
    revision: 1,
    cluster: "rollup-boost",
    sequencer: "sequencer",
    role: "sequencer",
    executionMode: oneOf("execution-mode", MODES, "enabled"),
    executionClient: { url: l2Url, rpcUrl: l2Url, jwtSecretFile: "l2.jwt" },
    driving: "exclusive",
    builders: [{ name: "builder", url: urlOf(value("builder-url", "127.0.0.1:8551")), jwtSecretFile: "builder.jwt" }],
    selection: {
      ...defaultSelection,
      minGasUsedPercent: oneOf("block-selection-policy", { "gas-used": GAS_USED_PERCENT }, 0),
    },
    timing: timingOf(values.has("builder-timeout") ? whole("builder-timeout", "", 60_000) : undefined),
  };
  const parsed = parseConfigFile(document);
  if (parsed.kind === "invalid") {
    problems.push(
      ...parsed.problems.map(
        (each) => `${FLAG_OF[each.path] ?? each.path}${problemText({ ...each, path: "" }).replace("(document)", "")}`,
      ),
    );
  }
  const secrets = { "l2.jwt": secretOf("l2"), "builder.jwt": secretOf("builder") };
  const folder = stateDir ?? join(tmpdir(), `rollup-boost-proxy-${enginePort}`);
  const run: RollupBoostArguments = {
    config: "",
    standIn: { document, secrets, plainWithoutToken: true, isStateDirForetold: stateDir === undefined },
    stateDir: folder,
    secretsDir: folder,
    host: value("rpc-host", "127.0.0.1"),
    enginePort,
    adminHost: value("metrics-host", "127.0.0.1"),
    adminPort: values.has("metrics") ? whole("metrics-port", "9090", 65_535) : 0,
    debugHost: value("debug-host", "127.0.0.1"),
    debugPort: whole("debug-server-port", "5555", 65_535),
    logLevel: value("log-level", "info").toLowerCase(),
  };
  if (problems.length > 0) return { kind: "wrong", problems };
  const isOpen = !isLoopback(run.debugHost);
  const debugNote = `--debug-host is not on loopback: calls need the token in ${join(run.secretsDir, "admin-token")}`;
  const notes = rollupBoostOptions.flatMap(([name, { note }]) =>
    note !== undefined && values.has(name) ? [`--${name} ${note}`] : [],
  );
  return { kind: "run", arguments: run, notes: isOpen ? [...notes, debugNote] : notes };
}

const FLAG_OF: Readonly<Record<string, string>> = {
  "executionClient.url": "--l2-url",
  "executionClient.rpcUrl": "--l2-url",
  "builders[0].url": "--builder-url",
  "timing.builderDeadlineMs": "--builder-timeout",
  "timing.decisionDeadlineMs": "--builder-timeout",
};

const isTrue = (value: string | boolean): boolean => value === true || /^(true|1|yes|on|t|y)$/i.test(String(value));

/** rollup-boost takes `host:port` too. */
const urlOf = (text: string): string => (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);

/** The time a builder has, and behind it as much for the decision as there is by default. */
function timingOf(builderTimeoutMs: number | undefined): ConfigFile["timing"] {
  const timing = defaultTiming(BLOCK_TIME_MS);
  if (builderTimeoutMs === undefined) return timing;
  const validationMs = timing.decisionDeadlineMs - timing.builderDeadlineMs;
  return { ...timing, builderDeadlineMs: builderTimeoutMs, decisionDeadlineMs: builderTimeoutMs + validationMs };
}
