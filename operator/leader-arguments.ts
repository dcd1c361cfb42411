/** What the command line says about the Lease; see `run --help`. */
export type LeaderArguments = {
  readonly name: string;
  /** Undefined: the operator's own. */
  readonly namespace: string | undefined;
  readonly durationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
};

/** The options of `run` about the Lease. */
export const LEADER_OPTIONS = {
  "leader-elect": { type: "boolean", default: true },
  "lease-name": { type: "string", default: "rollup-boost-operator" },
  "lease-namespace": { type: "string" },
  "lease-seconds": { type: "string", default: "15" },
  "renew-seconds": { type: "string", default: "10" },
  "retry-seconds": { type: "string", default: "2" },
} as const;

type LeaderValues = {
  readonly "leader-elect": boolean;
  readonly "lease-name": string;
  readonly "lease-namespace"?: string | undefined;
  readonly "lease-seconds": string;
  readonly "renew-seconds": string;
  readonly "retry-seconds": string;
};

/** Attempts of those who wait are up to this many times the retry period apart; one has to fit into the deadline. */
const JITTER = 1.2;
const LEASE_SECONDS_MAX = 3_600;

/** Reads them; `value` is undefined when there is to be no election. */
export function leaderArguments(
  values: LeaderValues,
):
  | { readonly kind: "ok"; readonly value: LeaderArguments | undefined }
  | { readonly kind: "wrong"; readonly problems: readonly string[] } {
  if (!values["leader-elect"]) return { kind: "ok", value: undefined };
  const lease = Number(values["lease-seconds"]);
  const renew = Number(values["renew-seconds"]);
  const retry = Number(values["retry-seconds"]);
  const problems = [
    ...(Number.isInteger(lease) && lease >= 1 && lease <= LEASE_SECONDS_MAX
      ? []
      : [`--lease-seconds: found "${values["lease-seconds"]}", allowed: whole seconds from 1 to ${LEASE_SECONDS_MAX}`]),
    ...(renew > 0 && renew < lease
      ? []
      : [`--renew-seconds: found "${values["renew-seconds"]}", allowed: above 0 and below --lease-seconds`]),
    ...(retry > 0 && JITTER * retry < renew
      ? []
      : [
          `--retry-seconds: found "${values["retry-seconds"]}", allowed: above 0, and ${JITTER} times it below --renew-seconds`,
        ]),
  ];
  if (problems.length > 0) return { kind: "wrong", problems };
  return {
    kind: "ok",
    value: {
      name: values["lease-name"],
      namespace: values["lease-namespace"],
      durationMs: lease * 1_000,
      renewDeadlineMs: renew * 1_000,
      retryMs: retry * 1_000,
    },
  };
}
