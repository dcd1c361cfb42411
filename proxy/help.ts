/** The log levels, least last. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** The text of `--help`. */
export const HELP = `rollup-boost-proxy: stands between op-node and its execution client and hands out builders' blocks
when they are good.

Usage: rollup-boost-proxy --config FILE --secrets-dir DIR --state-dir DIR [options]
       rollup-boost-proxy --l2-jwt-path FILE --builder-jwt-path FILE [rollup-boost's options]

  --config FILE         the config document (JSON); made by the operator, or by hand. A changed file
                        runs within a second when its revision is higher; SIGHUP reads it at once
  --secrets-dir DIR     folder of the JWT secrets and CA certificates that the document names, and
                        of admin-token, which PUT /config and PUT /execution-mode need; all are
                        read again when they change
  --state-dir DIR       scratch folder: keeps the newest config document and the admin API's
                        execution mode across restarts

Listening
  --host ADDRESS        address to listen on                                     (default 0.0.0.0)
  --engine-port PORT    Engine API for op-node, JWT required; point --l2 here    (default 8551)
  --rpc-port PORT       plain JSON-RPC of the execution client, no JWT           (default 8545)
  --admin-port PORT     /status /blocks /metrics /healthz /livez /readyz,
                        PUT /config, PUT /execution-mode                         (default 8080)
  --debug-host ADDRESS  where rollup-boost's debug_setExecutionMode is served;
                        not on loopback it needs the admin token                 (default 127.0.0.1)
  --debug-port PORT     its port                                                 (default 5555)
                        a port of 0 takes a free one; listening.json in the state folder names it
Process
  --drain-seconds N     after SIGTERM: go on accepting calls for so long         (default 10)
  --log-level LEVEL     ${LOG_LEVELS.join(" ")}            (default info)
  --exit-with-parent    exit when standard input closes
  --version             print the version
  -h, --help            print this

rollup-boost's options, for one execution client and one builder, without a config document. Each is
also an environment variable (--l2-url is L2_URL); a flag counts before its variable.
  --l2-url URL          Engine API of the execution client             (default 127.0.0.1:8551)
  --l2-jwt-path FILE    its JWT secret, read again when it changes; or --l2-jwt-token HEX
  --builder-url URL     Engine API of the builder                      (default 127.0.0.1:8551)
  --builder-jwt-path FILE   its JWT secret; or --builder-jwt-token HEX
  --builder-timeout MS  how long getPayload waits for the builder      (default 200, not 1000)
  --execution-mode MODE enabled, dry-run or disabled                   (default enabled)
  --block-selection-policy gas-used   the own block where the builder's has under 10 % of its gas
  --rpc-host ADDRESS    where op-node connects                         (default 127.0.0.1)
  --rpc-port PORT       its port                                       (default 8081)
  --metrics             serve /metrics and /status on these:
  --metrics-host ADDRESS --metrics-port PORT                           (default 127.0.0.1:9090)
  --debug-host ADDRESS --debug-server-port PORT                        (default 127.0.0.1:5555)
  --log-level LEVEL     as above
  --state-dir DIR       as above, and of admin-token (default: a folder for --rpc-port in the
                        system's temporary folder, which must be this user's alone)
  --drain-seconds N, --exit-with-parent   as above
  Different from rollup-boost: --rpc-port takes engine_* calls only with a JWT. op-node goes on
  working where it signs with the execution client's secret, as it does when it calls it directly;
  all other calls, and /healthz, need none: there is no other port for them. --l2-timeout,
  --ignore-unhealthy-builders, --health-check-interval, --max-unsafe-interval and --log-format are
  taken and change nothing. Flashblocks, tracing, --log-file and --external-state-root are not
  there: each is named with what to do instead. A .env file is not read.

Exit codes: 0 after SIGTERM or SIGINT, 1 when it cannot start, 2 when an argument or the config
document is wrong.
`;
