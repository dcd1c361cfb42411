/** One of rollup-boost's options (0.7): the flag, and the environment variable of the same name in upper snake. */
type RollupBoostOption = {
  readonly type: "string" | "boolean";
  /** What to do instead, where this proxy has nothing of the kind. */
  readonly instead?: string;
  /** What is different, where the option is taken and changes nothing. */
  readonly note?: string;
};

const FLASHBLOCKS =
  "no flashblocks pass here; let their subscribers connect to the builder's own WebSocket, and remove it";
const TRACING = "no traces are sent; /metrics and /blocks of the metrics port say what became of each block; remove it";

/** All of rollup-boost's options. */
export const ROLLUP_BOOST_OPTIONS = {
  "l2-url": { type: "string" },
  "l2-jwt-token": { type: "string" },
  "l2-jwt-path": { type: "string" },
  "l2-timeout": {
    type: "string",
    note: "has no effect: op-node gets the execution client's answer whenever it comes",
  },
  "builder-url": { type: "string" },
  "builder-jwt-token": { type: "string" },
  "builder-jwt-path": { type: "string" },
  "builder-timeout": { type: "string" },
  "execution-mode": { type: "string" },
  "block-selection-policy": { type: "string" },
  "external-state-root": {
    type: "boolean",
    instead: "a builder's state root is never replaced; use a builder that computes it, and remove it",
  },
  "ignore-unhealthy-builders": { type: "boolean", note: "is always so: a builder that is silent is not waited for" },
  "health-check-interval": { type: "string", note: "has no effect: health follows every call, and a look each 500 ms" },
  "max-unsafe-interval": {
    type: "string",
    note: "has no effect: /healthz is 503 once the execution client has not answered for 2 s",
  },
  "rpc-host": { type: "string" },
  "rpc-port": { type: "string" },
  metrics: { type: "boolean" },
  "metrics-host": { type: "string" },
  "metrics-port": { type: "string" },
  tracing: { type: "boolean", instead: TRACING },
  "otlp-endpoint": { type: "string", instead: TRACING },
  "log-level": { type: "string" },
  "log-format": { type: "string", note: "has no effect: the log is one JSON text a line" },
  "log-file": { type: "string", instead: "the log goes to standard output; redirect it there, and remove it" },
  "debug-host": { type: "string" },
  "debug-server-port": { type: "string" },
  flashblocks: { type: "boolean", instead: FLASHBLOCKS },
  "flashblocks-builder-url": { type: "string", instead: FLASHBLOCKS },
  "flashblocks-host": { type: "string", instead: FLASHBLOCKS },
  "flashblocks-port": { type: "string", instead: FLASHBLOCKS },
  "flashblock-builder-ws-initial-reconnect-ms": { type: "string", instead: FLASHBLOCKS },
  "flashblock-builder-ws-max-reconnect-ms": { type: "string", instead: FLASHBLOCKS },
  "flashblock-builder-ws-connect-timeout-ms": { type: "string", instead: FLASHBLOCKS },
  "flashblock-builder-ws-ping-interval-ms": { type: "string", instead: FLASHBLOCKS },
  "flashblock-builder-ws-pong-timeout-ms": { type: "string", instead: FLASHBLOCKS },
  "flashblocks-p2p": { type: "boolean", instead: FLASHBLOCKS },
  "flashblocks-authorizer-sk": { type: "string", instead: FLASHBLOCKS },
  "flashblocks-builder-vk": { type: "string", instead: FLASHBLOCKS },
} as const satisfies Readonly<Record<string, RollupBoostOption>>;

export type RollupBoostName = keyof typeof ROLLUP_BOOST_OPTIONS;

/** The same, to be looked at without their names. */
export const rollupBoostOptions: readonly (readonly [RollupBoostName, RollupBoostOption])[] = Object.entries(
  ROLLUP_BOOST_OPTIONS,
) as [RollupBoostName, RollupBoostOption][];

/** The environment variable of a flag: `--l2-url` is `L2_URL`. */
export const variableOf = (name: RollupBoostName): string => name.toUpperCase().replaceAll("-", "_");
