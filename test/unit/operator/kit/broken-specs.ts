import { manifest } from "./cluster.ts";

/** A spec that breaks one rule across fields: both gates, the API server and our own, refuse it in the same words. */
export type BrokenSpec = {
  readonly what: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** Where our own gate sees it; the API server names the field around it. */
  readonly path: string;
  readonly message: string;
};

const [first, second] = manifest().spec.sequencers;
const [builder, otherBuilder] = manifest().spec.builders;

const RESERVED = "name other than 'balancer' and 'balancer-<n>', which are reserved";
const DEADLINES =
  "builderDeadlineMs must be less than decisionDeadlineMs (where one is not set: 10 % and 25 % of blockTimeMs)";

export const BROKEN_SPECS: readonly BrokenSpec[] = [
  {
    what: "two sequencers of one name",
    spec: { sequencers: [first, { ...second, name: "sequencer-0" }] },
    path: "spec.sequencers[1].name",
    message: "every sequencer needs a name of its own",
  },
  {
    what: "two builders of one name",
    spec: { builders: [builder, otherBuilder, builder] },
    path: "spec.builders[2].name",
    message: "every builder needs a name of its own",
  },
  {
    what: "a sequencer named balancer",
    spec: { sequencers: [{ ...first, name: "balancer" }] },
    path: "spec.sequencers[0].name",
    message: `a sequencer ${RESERVED}`,
  },
  {
    what: "a sequencer named as a balancer's child",
    spec: { sequencers: [{ ...first, name: "balancer-1" }] },
    path: "spec.sequencers[0].name",
    message: `a sequencer ${RESERVED}`,
  },
  {
    what: "a builder named balancer",
    spec: { builders: [builder, otherBuilder, { ...builder, name: "balancer" }] },
    path: "spec.builders[2].name",
    message: `a builder ${RESERVED}`,
  },
  {
    what: "a pairing with no such builder",
    spec: { builders: [otherBuilder] },
    path: "spec.sequencers[0].builder",
    message: "a sequencer's builder must be the name of one of spec.builders",
  },
  {
    what: "a pairing without any builders",
    spec: { builders: undefined, sequencers: [first] },
    path: "spec.sequencers[0].builder",
    message: "a sequencer's builder must be the name of one of spec.builders",
  },
  {
    what: "one builder paired twice",
    spec: { sequencers: [first, { ...second, builder: "builder-0" }] },
    path: "spec.sequencers[1].builder",
    message: "a builder can be paired with one sequencer only",
  },
  {
    what: "a builder deadline that equals the decision's",
    spec: { timing: { builderDeadlineMs: 300, decisionDeadlineMs: 300 } },
    path: "spec.timing",
    message: DEADLINES,
  },
  {
    what: "a builder deadline after the default decision",
    spec: { timing: { builderDeadlineMs: 500 } },
    path: "spec.timing",
    message: DEADLINES,
  },
  {
    what: "a builder deadline after the longest default decision",
    spec: { timing: { blockTimeMs: 60_000, builderDeadlineMs: 8_000 } },
    path: "spec.timing",
    message: DEADLINES,
  },
  {
    what: "a decision before the default builder deadline",
    spec: { timing: { blockTimeMs: 12_000, decisionDeadlineMs: 1_200 } },
    path: "spec.timing",
    message: DEADLINES,
  },
];
