import { z } from "zod";
import { ConfigFile, defaultTiming } from "../../proxy/contract/config-file.ts";
import type { Problem } from "../../proxy/contract/problems.ts";

/** What crosses fields, said twice: as CEL for the API server and as a function for standalone mode and old objects. */
export type ClusterRule = {
  /** Allowed and refused are told apart by this CEL expression; `self` is the spec, defaults applied. */
  readonly cel: string;
  /** Field the API server blames, relative to the spec. */
  readonly fieldPath: string;
  /** What is allowed: the same words from both gates. */
  readonly message: string;
  /** Every place that breaks the rule, as far as the document can be read at all. */
  readonly breaches: (spec: ReadableSpec) => readonly Pick<Problem, "path" | "found">[];
};

/** Default deadlines longer than the longest allowed one are cut to it. */
const DEADLINE_MS_MAX = ConfigFile.shape.timing.shape.decisionDeadlineMs.maxValue ?? Number.MAX_SAFE_INTEGER;

const text = z.string().optional().catch(undefined);
const whole = z.int().optional().catch(undefined);

/** The parts of a spec that rules look at, where they can be read: other mistakes must not hide what a rule finds. */
const ReadableSpec = z
  .object({
    sequencers: z.array(z.object({ name: text, builder: text }).catch({})).catch([]),
    builders: z.array(z.object({ name: text }).catch({})).catch([]),
    timing: z
      .object({
        blockTimeMs: whole,
        builderDeadlineMs: whole,
        decisionDeadlineMs: whole,
      })
      .catch({}),
  })
  .catch({ sequencers: [], builders: [], timing: {} });
type ReadableSpec = z.infer<typeof ReadableSpec>;

const RESERVED = /^balancer(-[0-9]+)?$/;

/** The rules, in the order they are reported. */
export const CLUSTER_RULES: readonly ClusterRule[] = [
  {
    cel: "self.sequencers.all(a, self.sequencers.exists_one(b, b.name == a.name))",
    fieldPath: ".sequencers",
    message: "every sequencer needs a name of its own",
    breaches: ({ sequencers }) => repeated(sequencers.map((sequencer) => sequencer.name)).map(at("sequencers", "name")),
  },
  {
    cel: "self.builders.all(a, self.builders.exists_one(b, b.name == a.name))",
    fieldPath: ".builders",
    message: "every builder needs a name of its own",
    breaches: ({ builders }) => repeated(builders.map((builder) => builder.name)).map(at("builders", "name")),
  },
  {
    cel: `self.sequencers.all(s, !s.name.matches('${RESERVED.source}'))`,
    fieldPath: ".sequencers",
    message: "a sequencer name other than 'balancer' and 'balancer-<n>', which are reserved",
    breaches: ({ sequencers }) =>
      indexed(sequencers.map((sequencer) => sequencer.name))
        .filter(({ value }) => RESERVED.test(value))
        .map(at("sequencers", "name")),
  },
  {
    cel: `self.builders.all(b, !b.name.matches('${RESERVED.source}'))`,
    fieldPath: ".builders",
    message: "a builder name other than 'balancer' and 'balancer-<n>', which are reserved",
    breaches: ({ builders }) =>
      indexed(builders.map((builder) => builder.name))
        .filter(({ value }) => RESERVED.test(value))
        .map(at("builders", "name")),
  },
  {
    cel: "self.sequencers.all(s, !has(s.builder) || self.builders.exists(b, b.name == s.builder))",
    fieldPath: ".sequencers",
    message: "a sequencer's builder must be the name of one of spec.builders",
    breaches: ({ sequencers, builders }) =>
      indexed(sequencers.map((sequencer) => sequencer.builder))
        .filter(({ value }) => !builders.some((builder) => builder.name === value))
        .map(at("sequencers", "builder")),
  },
  {
    cel: "self.sequencers.all(a, !has(a.builder) || self.sequencers.exists_one(b, has(b.builder) && b.builder == a.builder))",
    fieldPath: ".sequencers",
    message: "a builder can be paired with one sequencer only",
    breaches: ({ sequencers }) =>
      repeated(sequencers.map((sequencer) => sequencer.builder)).map(at("sequencers", "builder")),
  },
  {
    // (n + 5) / 10 and (n + 2) / 4 in whole numbers are the rounded 10 % and 25 % of the defaults.
    cel:
      "(has(self.timing.builderDeadlineMs) ? self.timing.builderDeadlineMs : (self.timing.blockTimeMs + 5) / 10) < " +
      "(has(self.timing.decisionDeadlineMs) ? self.timing.decisionDeadlineMs : " +
      `(self.timing.blockTimeMs + 2) / 4 > ${DEADLINE_MS_MAX} ? ${DEADLINE_MS_MAX} : (self.timing.blockTimeMs + 2) / 4)`,
    fieldPath: ".timing",
    message:
      "builderDeadlineMs must be less than decisionDeadlineMs (where one is not set: 10 % and 25 % of blockTimeMs)",
    breaches: ({ timing }) => {
      const { builderDeadlineMs, decisionDeadlineMs } = timingOf({
        ...timing,
        blockTimeMs: timing.blockTimeMs ?? 2_000,
      });
      return builderDeadlineMs < decisionDeadlineMs
        ? []
        : [{ path: "spec.timing", found: `${builderDeadlineMs} and ${decisionDeadlineMs}` }];
    },
  },
];

/** Every breach of every rule in a spec that may be wrong in other ways too. */
export function ruleProblemsOf(spec: unknown): readonly Problem[] {
  const readable = ReadableSpec.parse(spec);
  return CLUSTER_RULES.flatMap((rule) =>
    rule.breaches(readable).map((breach) => ({ ...breach, allowed: rule.message })),
  );
}

/** The deadlines of a spec: those that are set, else those that follow from the block time. */
export function timingOf(timing: {
  readonly blockTimeMs: number;
  readonly builderDeadlineMs?: number | undefined;
  readonly decisionDeadlineMs?: number | undefined;
}): ConfigFile["timing"] {
  const defaults = defaultTiming(timing.blockTimeMs);
  return {
    blockTimeMs: timing.blockTimeMs,
    builderDeadlineMs: timing.builderDeadlineMs ?? Math.min(defaults.builderDeadlineMs, DEADLINE_MS_MAX),
    decisionDeadlineMs: timing.decisionDeadlineMs ?? Math.min(defaults.decisionDeadlineMs, DEADLINE_MS_MAX),
    graceMs: defaults.graceMs,
  };
}

type Indexed = { readonly index: number; readonly value: string };

const indexed = (values: readonly (string | undefined)[]): readonly Indexed[] =>
  values.flatMap((value, index) => (value === undefined ? [] : [{ index, value }]));

const repeated = (values: readonly (string | undefined)[]): readonly Indexed[] =>
  indexed(values).filter(({ index, value }) => values.indexOf(value) < index);

const at =
  (list: string, field: string) =>
  ({ index, value }: Indexed) => ({ path: `spec.${list}[${index}].${field}`, found: JSON.stringify(value) });
