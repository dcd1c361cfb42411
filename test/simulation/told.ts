import type { Builder } from "../../proxy/builder.ts";
import type { BuilderConfig } from "../../proxy/contract/config-file.ts";
import { DA_LIMIT_METHOD } from "../../proxy/da-limit.ts";
import { type Journal, methodOf, type Told } from "./journal.ts";

/** Whether a call sets how many bytes of data availability a block may take. */
export const setsLimit = (body: Buffer): boolean => methodOf(body) === DA_LIMIT_METHOD;

/** Whether it is a user's transaction or says how blocks are to be built. */
export const concernsBuilders = (body: Buffer): boolean => /^(miner_|eth_sendRaw)/.test(methodOf(body));

/** A call that concerns builders, and who of them shall hear of it. */
export const toldOf = (
  body: Buffer,
  builders: readonly BuilderConfig[],
): Pick<Told, "body" | "setsLimit" | "builders"> => ({
  body,
  setsLimit: setsLimit(body),
  builders: builders
    .filter(({ forwardTransactions }) => forwardTransactions || setsLimit(body))
    .map(({ name }) => name),
});

/** What its builders did not get, as a proxy or balancer counted it. */
export const lostOf = (by: string, builders: Iterable<Builder>): Journal["lost"] =>
  [...builders].map(({ config, aside }) => ({ by, upstream: config.name, count: aside.lost }));
