import { parseArgs } from "node:util";
import type { JwtSecret } from "./engine-api/jwt.ts";
import { LOG_LEVELS } from "./help.ts";
import { type Given, isRollupBoosts, parseRollupBoostArguments } from "./rollup-boost-arguments.ts";
import { ROLLUP_BOOST_OPTIONS, type RollupBoostName } from "./rollup-boost-options.ts";

/** What stands in for a config document and a secrets folder where rollup-boost's options are given. */
export type StandIn = {
  readonly document: unknown;
  /** By the file names in the document. A token is held in memory only. */
  readonly secrets: Readonly<
    Record<
      string,
      { readonly kind: "file"; readonly path: string } | { readonly kind: "token"; readonly secret: JwtSecret }
    >
  >;
  /** The engine port answers calls that are no engine calls without a JWT, as rollup-boost's one port does. */
  readonly plainWithoutToken: boolean;
  /** The state folder was not chosen: it is in the system's temporary folder, where every user can make one of its name. */
  readonly isStateDirForetold: boolean;
};

/** What the command line says. Only what a process cannot change while it runs; all else is in the config document. */
export type Arguments = {
  /** Empty with a stand-in. */
  readonly config: string;
  readonly standIn?: StandIn;
  readonly secretsDir: string;
  readonly stateDir: string;
  readonly host: string;
  readonly enginePort: number;
  /** Absent: no rpc port, as the engine port answers plain calls too. */
  readonly rpcPort?: number;
  /** Default: `host`. */
  readonly adminHost?: string;
  readonly adminPort: number;
  readonly debugHost: string;
  readonly debugPort: number;
  readonly drainSeconds: number;
  readonly logLevel: string;
  readonly exitWithParent: boolean;
};

export type ParsedArguments =
  /** `notes`: what of rollup-boost's options is different here. */
  | { readonly kind: "run"; readonly arguments: Arguments; readonly notes: readonly string[] }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

/** Without defaults, so that it shows what was given. */
const OWN_OPTIONS = {
  config: { type: "string" },
  "secrets-dir": { type: "string" },
  "state-dir": { type: "string" },
  host: { type: "string" },
  "engine-port": { type: "string" },
  "rpc-port": { type: "string" },
  "admin-port": { type: "string" },
  "debug-host": { type: "string" },
  "debug-port": { type: "string" },
  "drain-seconds": { type: "string" },
  "log-level": { type: "string" },
  "exit-with-parent": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** The names of this proxy's own options. */
export const OWN_OPTION_NAMES: readonly string[] = Object.keys(OWN_OPTIONS);

const OPTIONS = { ...namesAndTypes(ROLLUP_BOOST_OPTIONS), ...OWN_OPTIONS };

const DEFAULTS = {
  host: "0.0.0.0",
  "engine-port": "8551",
  "rpc-port": "8545",
  "admin-port": "8080",
  "debug-host": "127.0.0.1",
  "debug-port": "5555",
  "drain-seconds": "10",
  "log-level": "info",
} as const;

/** What each of the required options is to be given. */
const REQUIRED = {
  config: "the file of the config document, or give rollup-boost's options instead",
  "secrets-dir": "the folder of the JWT secrets that the document names",
  "state-dir": "a folder this proxy may write to",
} as const;

/** What only a config document's command line has. */
const OF_A_DOCUMENT = ["config", "secrets-dir", "host", "engine-port", "admin-port", "debug-port"] as const;

type Values = Readonly<Partial<Record<string, string | boolean>>>;

/**
 * Reads the command line, this proxy's own or rollup-boost's, which may also stand in the environment; every problem at
 * once, each with its remedy.
 */
export function parseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  let values: Values;
  try {
    values = parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return { kind: "wrong", problems: [error instanceof Error ? error.message : String(error)] };
  }
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const ofADocument = OF_A_DOCUMENT.filter((name) => values[name] !== undefined);
  const ofRollupBoost = Object.keys(values).filter((name) => name in ROLLUP_BOOST_OPTIONS && !(name in OWN_OPTIONS));
  const isTheirs = ofRollupBoost.length > 0 || (ofADocument.length === 0 && isRollupBoosts(env));
  if (isTheirs && ofADocument.length > 0) {
    const text = (names: readonly string[]): string => names.map((name) => `--${name}`).join(", ");
    return {
      kind: "wrong",
      problems: [
        `${text(ofRollupBoost)} cannot stand beside ${text(ofADocument)}: give rollup-boost's options or a config document`,
      ],
    };
  }
  return isTheirs ? theirs(values, env) : own(values);
}

function theirs(values: Values, env: Readonly<Record<string, string | undefined>>): ParsedArguments {
  const problems: string[] = [];
  const process = processOf(values, problems);
  const stateDir = typeof values["state-dir"] === "string" ? values["state-dir"] : undefined;
  const parsed = parseRollupBoostArguments(givenOf(values), env, stateDir);
  if (parsed.kind === "run") checkLogLevel(parsed.arguments.logLevel, problems);
  else problems.unshift(...parsed.problems);
  return parsed.kind === "run" && problems.length === 0
    ? { ...parsed, arguments: { ...parsed.arguments, ...process } }
    : { kind: "wrong", problems };
}

function own(values: Values): ParsedArguments {
  const problems: string[] = [];
  const required = (name: keyof typeof REQUIRED): string => {
    const value = String(values[name] ?? "");
    if (value === "") problems.push(`--${name} is missing: ${REQUIRED[name]}`);
    return value;
  };
  const text = (name: keyof typeof DEFAULTS): string => String(values[name] ?? DEFAULTS[name]);
  const parsed: Arguments = {
    config: required("config"),
    secretsDir: required("secrets-dir"),
    stateDir: required("state-dir"),
    host: text("host"),
    enginePort: whole(values, "engine-port", 65_535, problems),
    rpcPort: whole(values, "rpc-port", 65_535, problems),
    adminPort: whole(values, "admin-port", 65_535, problems),
    debugHost: text("debug-host"),
    debugPort: whole(values, "debug-port", 65_535, problems),
    ...processOf(values, problems),
    logLevel: text("log-level"),
  };
  checkLogLevel(parsed.logLevel, problems);
  return problems.length > 0 ? { kind: "wrong", problems } : { kind: "run", arguments: parsed, notes: [] };
}

const processOf = (values: Values, problems: string[]): Pick<Arguments, "drainSeconds" | "exitWithParent"> => ({
  drainSeconds: whole(values, "drain-seconds", 3_600, problems),
  exitWithParent: values["exit-with-parent"] === true,
});

function whole(values: Values, name: keyof typeof DEFAULTS, max: number, problems: string[]): number {
  const text = String(values[name] ?? DEFAULTS[name]);
  if (!/^\d+$/.test(text) || Number(text) > max) {
    problems.push(`--${name}: found "${text}", allowed: a whole number from 0 to ${max}`);
  }
  return Number(text);
}

function checkLogLevel(level: string, problems: string[]): void {
  if (LOG_LEVELS.includes(level)) return;
  problems.push(`--log-level: found "${level}", allowed: ${LOG_LEVELS.join(", ")}`);
}

const givenOf = (values: Values): Given =>
  Object.fromEntries(Object.keys(ROLLUP_BOOST_OPTIONS).map((name) => [name, values[name]])) as Partial<
    Record<RollupBoostName, string | boolean>
  >;

function namesAndTypes(options: typeof ROLLUP_BOOST_OPTIONS) {
  return Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));
}
