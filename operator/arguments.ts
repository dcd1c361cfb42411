import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BASE_PORT_DEFAULT, HELP, LOG_FORMATS, LOG_LEVELS, OUTPUTS, type Topic } from "./help.ts";
import { LEADER_OPTIONS, type LeaderArguments, leaderArguments } from "./leader-arguments.ts";

export type KubernetesArguments = {
  readonly kubeconfig: string | undefined;
  /** Empty: every namespace. */
  readonly namespaces: readonly string[];
  /** Undefined: the one that belongs to the operator's version. */
  readonly proxyImage: string | undefined;
  /** Undefined: no health server. */
  readonly healthPort: number | undefined;
  /** Undefined: this is the only replica. */
  readonly leader: LeaderArguments | undefined;
  readonly logLevel: string;
};

export type StandaloneArguments = {
  readonly files: readonly string[];
  readonly secretsDir: string | undefined;
  readonly stateDir: string;
  readonly spawn: boolean;
  readonly basePort: number;
  readonly exitWithParent: boolean;
  readonly logLevel: string;
  readonly logFormat: "text" | "json";
};

export type ParsedArguments =
  | { readonly kind: "run"; readonly arguments: KubernetesArguments }
  | { readonly kind: "standalone"; readonly arguments: StandaloneArguments }
  /** FILE arguments; `-` is standard input. */
  | { readonly kind: "validate"; readonly paths: readonly string[] }
  | { readonly kind: "explain"; readonly paths: readonly string[]; readonly output: "text" | "json" }
  | { readonly kind: "crd" | "version" }
  | { readonly kind: "help"; readonly topic: Topic }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const PORT_MAX = 65_535;
const BASE_PORT_MIN = 1_024;
/** Leaves room for the ports of many proxies below 65535. */
const BASE_PORT_MAX = 60_000;

const COMMON = {
  "log-level": { type: "string", default: "info" },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
} as const;

const RUN = {
  ...COMMON,
  kubeconfig: { type: "string" },
  namespace: { type: "string", short: "n", multiple: true, default: [] as string[] },
  "proxy-image": { type: "string" },
  "health-port": { type: "string" },
  ...LEADER_OPTIONS,
} as const;

const STANDALONE = {
  ...COMMON,
  file: { type: "string", short: "f", multiple: true, default: [] as string[] },
  "secrets-dir": { type: "string" },
  "state-dir": { type: "string" },
  spawn: { type: "boolean", default: false },
  "base-port": { type: "string", default: String(BASE_PORT_DEFAULT) },
  "exit-with-parent": { type: "boolean", default: false },
  "log-format": { type: "string", default: "text" },
} as const;

const FILES = { help: COMMON.help, version: COMMON.version } as const;

const EXPLAIN = { ...FILES, output: { type: "string", short: "o", default: "text" } } as const;

/** The options of each command. */
export const OPTIONS = { run: RUN, standalone: STANDALONE, validate: FILES, explain: EXPLAIN, crd: FILES } as const;

/** Reads the command line; every problem at once, each with its remedy. */
export function parseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  const [command, ...rest] = argv;
  try {
    if (command === "run") return runArguments(rest);
    if (command === "standalone") return standaloneArguments(rest, env);
    if (command === "validate") return validateArguments(rest);
    if (command === "explain") return explainArguments(rest);
    if (command === "crd") return crdArguments(rest);
    const { values } = parseArgs({ args: [...argv], options: COMMON, allowPositionals: true, strict: false });
    if (values.help === true || command === undefined) return { kind: "help", topic: "" };
    if (values.version === true) return { kind: "version" };
    return { kind: "wrong", problems: [`found "${command}", allowed: ${COMMANDS.join(", ")}`] };
  } catch (error) {
    return { kind: "wrong", problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function runArguments(args: string[]): ParsedArguments {
  const { values } = parseArgs({ args, options: RUN, strict: true, allowPositionals: false, allowNegative: true });
  if (values.help) return { kind: "help", topic: "run" };
  if (values.version) return { kind: "version" };
  const healthPort = values["health-port"];
  const isPort = healthPort === undefined || (/^\d+$/.test(healthPort) && Number(healthPort) <= PORT_MAX);
  const leader = leaderArguments(values);
  const problems = [
    ...(leader.kind === "wrong" ? leader.problems : []),
    ...(isPort ? [] : [`--health-port: found "${healthPort}", allowed: 0 (any free one) to ${PORT_MAX}`]),
    ...oneOf("log-level", values["log-level"], LOG_LEVELS),
  ];
  if (problems.length > 0 || leader.kind === "wrong") return { kind: "wrong", problems };
  return {
    kind: "run",
    arguments: {
      kubeconfig: values.kubeconfig,
      namespaces: values.namespace,
      proxyImage: values["proxy-image"],
      leader: leader.value,
      healthPort: healthPort === undefined ? undefined : Number(healthPort),
      logLevel: values["log-level"],
    },
  };
}

function standaloneArguments(args: string[], env: Readonly<Record<string, string | undefined>>): ParsedArguments {
  const { values } = parseArgs({ args, options: STANDALONE, strict: true, allowPositionals: false });
  if (values.help) return { kind: "help", topic: "standalone" };
  if (values.version) return { kind: "version" };
  const basePort = Number(values["base-port"]);
  const isPort = /^\d+$/.test(values["base-port"]) && basePort >= BASE_PORT_MIN && basePort <= BASE_PORT_MAX;
  const problems = [
    ...(values.file.length > 0 ? [] : ["--file is missing: name a YAML file with -f"]),
    ...(isPort ? [] : [`--base-port: found "${values["base-port"]}", allowed: ${BASE_PORT_MIN} to ${BASE_PORT_MAX}`]),
    ...oneOf("log-level", values["log-level"], LOG_LEVELS),
    ...oneOf("log-format", values["log-format"], LOG_FORMATS),
  ];
  if (problems.length > 0) return { kind: "wrong", problems };
  const stateHome = env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return {
    kind: "standalone",
    arguments: {
      files: values.file,
      secretsDir: values["secrets-dir"],
      stateDir: values["state-dir"] ?? join(stateHome, "rollup-boost-operator"),
      spawn: values.spawn,
      basePort,
      exitWithParent: values["exit-with-parent"],
      logLevel: values["log-level"],
      logFormat: values["log-format"] === "json" ? "json" : "text",
    },
  };
}

function validateArguments(args: string[]): ParsedArguments {
  const { values, positionals } = parseArgs({ args, options: FILES, strict: true, allowPositionals: true });
  if (values.help) return { kind: "help", topic: "validate" };
  if (values.version) return { kind: "version" };
  const problems = namedFiles(positionals);
  return problems.length > 0 ? { kind: "wrong", problems } : { kind: "validate", paths: positionals };
}

function explainArguments(args: string[]): ParsedArguments {
  const { values, positionals } = parseArgs({ args, options: EXPLAIN, strict: true, allowPositionals: true });
  if (values.help) return { kind: "help", topic: "explain" };
  if (values.version) return { kind: "version" };
  const problems = [...namedFiles(positionals), ...oneOf("output", values.output, OUTPUTS)];
  if (problems.length > 0) return { kind: "wrong", problems };
  return { kind: "explain", paths: positionals, output: values.output === "json" ? "json" : "text" };
}

function crdArguments(args: string[]): ParsedArguments {
  const { values } = parseArgs({ args, options: FILES, strict: true, allowPositionals: false });
  if (values.help) return { kind: "help", topic: "crd" };
  return { kind: values.version ? "version" : "crd" };
}

const namedFiles = (paths: readonly string[]): readonly string[] =>
  paths.length > 0 ? [] : ["FILE is missing: name a manifest file, a folder, or - for standard input"];

const COMMANDS = Object.keys(HELP).filter((command) => command !== "");

const oneOf = (option: string, value: string, allowed: readonly string[]): readonly string[] =>
  allowed.includes(value) ? [] : [`--${option}: found "${value}", allowed: ${allowed.join(", ")}`];
