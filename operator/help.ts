/** Base port of spawned proxies unless another is given. */
export const BASE_PORT_DEFAULT = 18_551;

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
export const LOG_FORMATS = ["text", "json"] as const;
export const OUTPUTS = ["text", "json"] as const;

const COMMON = `  -h, --help             print this
`;

const LOGGING = `  --log-level LEVEL      ${LOG_LEVELS.join(" ")}                   (default info)
`;

/** The text of `--help`, without a command and of each command. */
export const HELP = {
  "": `rollup-boost-operator: runs what RollupBoostCluster manifests say: one proxy per sequencer between op-node and its
execution client, its config, and its status. It is never in the block path.

Usage: rollup-boost-operator COMMAND [options]

  run          reconcile the RollupBoostClusters of a Kubernetes cluster
  standalone   the same without Kubernetes, from YAML files that are watched
  validate     check manifests, for the CI of a repository that holds them
  explain      print what a manifest would make, and who would be wired to what, without a cluster
  crd          print the CustomResourceDefinition

  COMMAND --help         print the options of a command
  --version              print the version
${COMMON}
Exit codes: 0 done, or ended by SIGTERM or SIGINT; 1 it cannot go on, or validate found problems; 2 an argument is wrong, or
the manifests are where standalone or explain needs good ones.
`,

  run: `Usage: rollup-boost-operator run [options]

Reconciles the RollupBoostClusters of a Kubernetes cluster until SIGTERM. The CustomResourceDefinition must be there (see crd).

  --kubeconfig FILE      where the API server is       (default: as kubectl finds it; in a pod its service account)
  -n, --namespace NAME   watch this namespace; again for more                      (default: all namespaces)
  --proxy-image IMAGE    image of the proxies unless spec.proxy.image names one
                         (default: rollup-boost-proxy of the operator's own version)
  --leader-elect         of several replicas let one reconcile, the holder of a Lease: the default; --no-leader-elect:
                         this is the only one
  --lease-namespace NS   namespace of the Lease    (default: the operator's own; outside of a pod the kubeconfig context's)
  --lease-name NAME      name of the Lease                                        (default rollup-boost-operator)
  --lease-seconds N      another takes over from a holder that was silent for so long               (default 15)
  --renew-seconds N      a holder that cannot renew for so long stops and exits with 1              (default 10)
  --retry-seconds N      between two attempts to take or renew the Lease                             (default 2)
  --health-port PORT     serve /livez, /readyz and /metrics there                               (default: nowhere)
${LOGGING}${COMMON}
Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot go on (its message says why), 2 when an argument is wrong.
`,

  standalone: `Usage: rollup-boost-operator standalone -f FILE [options]

Runs the clusters of YAML files without Kubernetes. The files are watched: an edit is in effect within a second; a bad one is
reported with every problem, and what ran before stays.

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
${LOGGING}${COMMON}
Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot go on, 2 when an argument or a manifest is wrong.
`,

  validate: `Usage: rollup-boost-operator validate FILE...

Checks RollupBoostCluster and Secret documents as the API server and the operator do, and unknown fields too. Every problem
is printed on standard error with file, line and field. FILE is a YAML or JSON file, a folder (with all folders in it), or - for
standard input. Documents of other kinds are passed over and counted. It needs no cluster.

${COMMON}
Exit codes: 0 with one line on standard output when all is valid, 1 when there are problems, 2 when an argument is wrong.
`,

  explain: `Usage: rollup-boost-operator explain FILE... [options]

Prints what the operator would do with each RollupBoostCluster of the files: the URLs for op-node and op-conductor, which
builder each sequencer is wired to, the deadlines, ports, the Secrets that are needed and which document provides them, and the
objects it would make. FILE as for validate. It needs no cluster and makes nothing; secrets are never printed.

  -o, --output FORMAT    ${OUTPUTS.join(" or ")}                                                          (default text)
${COMMON}
Exit codes: 0, 2 when an argument or a manifest is wrong.
`,

  crd: `Usage: rollup-boost-operator crd

Prints the CustomResourceDefinition as YAML: rollup-boost-operator crd | kubectl apply --server-side -f -

${COMMON}`,
} as const;

export type Topic = keyof typeof HELP;
