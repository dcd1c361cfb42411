import type { Explanation } from "./explain.ts";
import { textTable } from "./text-table.ts";

const INDENT = "  ";
/** Terminals are rarely narrower; names wrap before this. */
const WIDTH = 120;

/** An explanation for people. */
export function explanationText(explained: Explanation): string {
  const { name, namespace, place, topology, executionMode } = explained;
  const home = namespace === undefined ? "no namespace in the manifest" : `namespace ${namespace}`;
  const mode = executionMode === "disabled" ? "disabled: the emergency shut-off, no builder is asked" : executionMode;
  return [
    `RollupBoostCluster ${name}, ${home} (${place})`,
    `${INDENT}topology ${topology}; executionMode ${mode}`,
    ...section("Point these at the proxies", addresses(explained)),
    ...section("Wiring", wiring(explained), unwiredText(explained)),
    ...section("Deadlines, from op-node's getPayload", deadlines(explained)),
    ...section("Ports of each proxy", ports(explained)),
    ...section("Secrets needed", secrets(explained), secretsText(explained)),
    "",
    `${INDENT}Made in Kubernetes`,
    ...children(explained),
    "",
  ].join("\n");
}

function section(title: string, rows: readonly (readonly string[])[], remark?: string): readonly string[] {
  return [
    "",
    `${INDENT}${title}`,
    textTable(rows, INDENT.repeat(2)),
    ...(remark === undefined ? [] : [`${INDENT.repeat(2)}${remark}`]),
  ];
}

const addresses = ({ sequencers }: Explanation) => [
  ["SEQUENCER", "OP-NODE --l2", "OP-CONDUCTOR --execution.rpc"],
  ...sequencers.map(({ name, engineUrl, rpcUrl }) => [name, engineUrl, rpcUrl]),
];

const wiring = ({ sequencers }: Explanation) => [
  ["SEQUENCER", "EXECUTION CLIENT", "BUILDER", "BUILDER'S URL", "OP-CONDUCTOR"],
  ...sequencers.map(({ name, executionClient, builders, conductor }) => [
    name,
    executionClient,
    builders.length === 0 ? "none" : builders.map((builder) => builder.name).join(", "),
    builders.length === 0 ? "-" : builders.map(({ url }) => url).join(", "),
    conductor ?? "none",
  ]),
];

function unwiredText({ unwired }: Explanation): string | undefined {
  return unwired.length === 0 ? undefined : `not wired: ${unwired.join(", ")} (no sequencer names it as its builder)`;
}

function deadlines({ timing }: Explanation) {
  const { blockTimeMs, builderDeadlineMs, decisionDeadlineMs, isDefault } = timing;
  const from = (isOurs: boolean, share: string): string =>
    isOurs ? `${share} of the block time` : "as the manifest says";
  return [
    ["WHAT", "MS", "FROM"],
    ["a builder's payload is waited for", String(builderDeadlineMs), from(isDefault.builderDeadlineMs, "10 %")],
    ["the choice is made, validation included", String(decisionDeadlineMs), from(isDefault.decisionDeadlineMs, "25 %")],
    ["block time", String(blockTimeMs), "as the manifest or its default says"],
  ];
}

const ports = ({ ports: { engine, rpc, admin } }: Explanation) => [
  ["PORT", "NAME", "FOR"],
  [String(engine), "engine", "op-node: Engine API, with the execution client's own JWT secret"],
  [String(rpc), "rpc", "op-conductor: plain JSON-RPC and /healthz; never engine_*"],
  [String(admin), "admin", "the operator and Prometheus, by pod: /status, /metrics, PUT /config"],
];

const secrets = ({ secrets: needed }: Explanation) => [
  ["SECRET", "KEY", "OF", "PROVIDED BY"],
  ...needed.map(({ ref, usedBy, form, place }) => [ref.name, ref.key, usedBy.join(", "), providedBy(form, place)]),
];

function providedBy(form: Explanation["secrets"][number]["form"], place: string | undefined): string {
  switch (form) {
    case "valid":
      return place ?? "";
    case "secret_missing":
      return "no document here";
    case "key_missing":
      return `${place ?? ""}, but without this key`;
    case "malformed":
      return `${place ?? ""}, but not 64 hexadecimal characters`;
    default:
      return form satisfies never;
  }
}

function secretsText({ secrets: needed, namespace }: Explanation): string | undefined {
  if (needed.every(({ form }) => form === "valid")) return undefined;
  const where = namespace === undefined ? "the cluster's own namespace" : `namespace ${namespace}`;
  return `nothing is made before ${where} has all of them, each 64 hexadecimal characters`;
}

const children = ({ children: made }: Explanation): readonly string[] => {
  const width = Math.max(...made.map(({ kind }) => kind.length)) + 2;
  return made.flatMap(({ kind, names }) =>
    wrapped(names, WIDTH - width - INDENT.length * 2).map(
      (line, index) => `${INDENT.repeat(2)}${(index === 0 ? kind : "").padEnd(width)}${line}`,
    ),
  );
};

/** Words in lines of at most `width`. */
const wrapped = (words: readonly string[], width: number): readonly string[] =>
  words.reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + 2 + word.length <= width
      ? [...lines.slice(0, -1), `${last}, ${word}`]
      : [...lines.map((line, index) => (index === lines.length - 1 ? `${line},` : line)), word];
  }, []);
