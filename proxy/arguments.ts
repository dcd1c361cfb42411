import { parseArgs } from "node:util";

/** What the command line says. Only what a process cannot change while it runs; all else is in the config document. */
export type Arguments = {
  readonly config: string;
  readonly secretsDir: string;
  readonly stateDir: string;
  readonly host: string;
  readonly enginePort: number;
  readonly rpcPort: number;
  readonly adminPort: number;
  readonly drainSeconds: number;
  readonly logLevel: string;
  readonly exitWithParent: boolean;
};

export type ParsedArguments =
  | { readonly kind: "run"; readonly arguments: Arguments }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const OPTIONS = {
  config: { type: "string" },
  "secrets-dir": { type: "string" },
  "state-dir": { type: "string" },
  host: { type: "string", default: "0.0.0.0" },
  "engine-port": { type: "string", default: "8551" },
  "rpc-port": { type: "string", default: "8545" },
  "admin-port": { type: "string", default: "8080" },
  "drain-seconds": { type: "string", default: "10" },
  "log-level": { type: "string", default: "info" },
  "exit-with-parent": { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
} as const;

/** The text of `--help`. */
export const HELP = `rollup-boost-proxy: stands between op-node and its execution client and hands out builders' blocks when they are good.

Usage: rollup-boost-proxy --config FILE --secrets-dir DIR --state-dir DIR [options]

  --config FILE         the config document (JSON); made by the operator, or by hand
  --secrets-dir DIR     folder of the JWT secret files that the document names, and of admin-token
  --state-dir DIR       scratch folder: keeps the newest config document across restarts

  --host ADDRESS        address to listen on                                     (default 0.0.0.0)
  --engine-port PORT    Engine API for op-node, JWT required; point --l2 here    (default 8551)
  --rpc-port PORT       plain JSON-RPC of the execution client, no JWT           (default 8545)
  --admin-port PORT     /status /metrics /healthz /livez /readyz, PUT /config    (default 8080)
                        a port of 0 takes a free one; DIR/listening.json in the state folder names it
  --drain-seconds N     after SIGTERM: go on accepting calls for so long         (default 10)
  --log-level LEVEL     ${LOG_LEVELS.join(" ")}            (default info)
  --exit-with-parent    exit when standard input closes
  --version             print the version
  -h, --help            print this

Exit codes: 0 after SIGTERM, 1 when it cannot start, 2 when an argument or the config document is wrong.
`;

/** Reads the command line; every problem at once, each with its remedy. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  let values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];
  try {
    values = parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return { kind: "wrong", problems: [error instanceof Error ? error.message : String(error)] };
  }
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };

  const problems: string[] = [];
  const required = (name: "config" | "secrets-dir" | "state-dir"): string => {
    const value = values[name];
    if (value === undefined || value === "") problems.push(`--${name} is missing`);
    return value ?? "";
  };
  const whole = (name: "engine-port" | "rpc-port" | "admin-port" | "drain-seconds", max: number): number => {
    const value = Number(values[name]);
    if (!/^\d+$/.test(values[name]) || value > max) {
      problems.push(`--${name}: found "${values[name]}", allowed: a whole number from 0 to ${max}`);
    }
    return value;
  };
  const parsed: Arguments = {
    config: required("config"),
    secretsDir: required("secrets-dir"),
    stateDir: required("state-dir"),
    host: values.host,
    enginePort: whole("engine-port", 65_535),
    rpcPort: whole("rpc-port", 65_535),
    adminPort: whole("admin-port", 65_535),
    drainSeconds: whole("drain-seconds", 3_600),
    logLevel: values["log-level"],
    exitWithParent: values["exit-with-parent"],
  };
  if (!LOG_LEVELS.includes(parsed.logLevel)) {
    problems.push(`--log-level: found "${parsed.logLevel}", allowed: ${LOG_LEVELS.join(", ")}`);
  }
  return problems.length > 0 ? { kind: "wrong", problems } : { kind: "run", arguments: parsed };
}
