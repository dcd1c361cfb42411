import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

export type KubernetesArguments = {
  readonly kubeconfig: string | undefined;
  /** Empty: every namespace. */
  readonly namespaces: readonly string[];
  /** Undefined: the one that belongs to the operator's version. */
  readonly proxyImage: string | undefined;
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
  | { readonly kind: "help" | "version" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const LOG_FORMATS = ["text", "json"] as const;

const BASE_PORT_DEFAULT = 18_551;
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

/** The text of `--help`. */
export const HELP = `rollup-boost-operator: runs what RollupBoostCluster manifests say: one proxy per sequencer between op-node and its
execution client, its config, and its status. It is never in the block path.

Usage: rollup-boost-operator run [options]
       rollup-boost-operator standalone -f FILE [options]

run: reconcile the RollupBoostClusters of a Kubernetes cluster.
  --kubeconfig FILE      where the API server is       (default: as kubectl finds it; in a pod its service account)
  -n, --namespace NAME   watch this namespace; again for more                      (default: all namespaces)
  --proxy-image IMAGE    image of the proxies unless spec.proxy.image names one
                         (default: rollup-boost-proxy of the operator's own version)

standalone: the same without Kubernetes, from YAML files that are watched: an edit is in effect within a second.
  -f, --file FILE        RollupBoostCluster and Secret documents; again for more
  --spawn                run the proxies as child processes on 127.0.0.1; without it spec.sequencers[].proxy.url says
                         where they run
  --base-port PORT       with --spawn, sequencer number i (from 0): engine PORT+10*i, rpc +1, admin +2  (default ${BASE_PORT_DEFAULT})
  --secrets-dir DIR      JWT secrets in DIR/<name>/<key>, where no Secret document has them; admin tokens of proxies
                         that run elsewhere in DIR/<cluster>-<sequencer>/admin-token (otherwise made, see --state-dir)
  --state-dir DIR        what is kept: DIR/<cluster>/status.json, and DIR/<cluster>/<sequencer>/ with config.json,
                         secrets/ and proxy.log          (default: \${XDG_STATE_HOME:-~/.local/state}/rollup-boost-operator)
  --exit-with-parent     stop when standard input closes
  --log-format FORMAT    ${LOG_FORMATS.join(" or ")}                                                          (default text)

  --log-level LEVEL      ${LOG_LEVELS.join(" ")}                   (default info)
  --version              print the version
  -h, --help             print this

Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot go on, 2 when an argument or a manifest is wrong.
`;

/** Reads the command line; every problem at once, each with its remedy. */
export function parseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArguments {
  const [command, ...rest] = argv;
  try {
    if (command === "run") return runArguments(rest);
    if (command === "standalone") return standaloneArguments(rest, env);
    const { values } = parseArgs({ args: [...argv], options: COMMON, allowPositionals: true, strict: false });
    if (values.help === true || command === undefined) return { kind: "help" };
    if (values.version === true) return { kind: "version" };
    return { kind: "wrong", problems: [`found "${command}", allowed: run or standalone`] };
  } catch (error) {
    return { kind: "wrong", problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function runArguments(args: string[]): ParsedArguments {
  const { values } = parseArgs({ args, options: RUN, strict: true, allowPositionals: false });
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const problems = oneOf("log-level", values["log-level"], LOG_LEVELS);
  if (problems.length > 0) return { kind: "wrong", problems };
  return {
    kind: "run",
    arguments: {
      kubeconfig: values.kubeconfig,
      namespaces: values.namespace,
      proxyImage: values["proxy-image"],
      logLevel: values["log-level"],
    },
  };
}

function standaloneArguments(args: string[], env: Readonly<Record<string, string | undefined>>): ParsedArguments {
  const { values } = parseArgs({ args, options: STANDALONE, strict: true, allowPositionals: false });
  if (values.help) return { kind: "help" };
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

const oneOf = (option: string, value: string, allowed: readonly string[]): readonly string[] =>
  allowed.includes(value) ? [] : [`--${option}: found "${value}", allowed: ${allowed.join(", ")}`];
