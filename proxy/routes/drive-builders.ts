import type { Builder } from "../builder.ts";
import type { FallbackReason, Leadership } from "../contract/status.ts";
import { type ForkchoiceUpdate, type PayloadAttributes, withoutAttributes } from "../engine-api/forkchoice.ts";
import type { RpcRequest } from "../engine-api/json-rpc.ts";
import { askFirst, headBalancers } from "../first-balancer.ts";
import type { AskedBuilder, BuilderJob, PayloadJob } from "../payload-job/payload-job.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";

/** Which builders were asked for a block, and what the leadership fence says to it. */
export type Driven = Pick<PayloadJob<Builder>, "builders" | "leadership">;

/**
 * Tells the builders what they shall hear of an FCU. `exclusive`: all of it. `shared`: jobs unless op-conductor says that
 * this sequencer does not lead; heads only where it confirms that it does. Attributes that ask for no built block are cut off.
 */
export function driveBuilders(
  request: RpcRequest,
  update: ForkchoiceUpdate | undefined,
  proxy: SequencerProxy,
): Driven {
  const { builders, fence, config } = proxy.wiring();
  const isNewest = proxy.jobs.forkchoice();
  if (proxy.executionMode() === "disabled") return notAsked("disabled");
  if (update === undefined || builders.length === 0) return notAsked("no_builder");
  const { attributes, headBlockHash } = update;
  const reason = bypass(update, proxy.clock.nowMs());
  if (attributes !== undefined && reason === undefined) {
    return askBuilders({ body: request.body, headBlockHash, attributes, isNewest }, proxy);
  }
  const body = attributes === undefined ? request.body : withoutAttributes(request);
  const send = (): void => {
    if (proxy.executionMode() === "disabled") return;
    const told = config.buildersAre === "balancers" ? headBalancers(builders) : builders;
    for (const builder of told) void builder.lane.forkchoice(body, headBlockHash);
  };
  if (config.driving === "exclusive") send();
  else fence?.head(send);
  return notAsked(reason ?? "no_builder");
}

/** Why no builder is asked for this block; undefined where they are. */
function bypass({ attributes }: ForkchoiceUpdate, nowMs: number): FallbackReason | undefined {
  if (attributes === undefined) return "no_builder";
  if (attributes.noTxPool) return "no_tx_pool";
  return attributes.timestamp * 1000n < BigInt(Math.floor(nowMs)) ? "slot_passed" : undefined;
}

const notAsked = (reason: FallbackReason): Driven => ({ builders: { kind: "not_asked", reason } });

type JobCall = {
  readonly body: Buffer;
  readonly headBlockHash: string;
  readonly attributes: PayloadAttributes;
  readonly isNewest: () => boolean;
};

function askBuilders({ body, headBlockHash, attributes, isNewest }: JobCall, proxy: SequencerProxy): Driven {
  const { builders, fence, config } = proxy.wiring();
  const start = (builder: Builder) => builder.startJob(body, { headBlockHash, blocks: proxy.jobs.blocks });
  const ask = (how: typeof start): readonly AskedBuilder<Builder>[] =>
    config.buildersAre === "balancers"
      ? askFirst(builders, how, { clock: proxy.clock, isNewest })
      : builders.map((handle) => ({ handle, answer: how(handle) }));
  if (config.driving === "exclusive" || fence === undefined) {
    const asked = ask(start);
    return { builders: { kind: "asked", asked, attributes } };
  }
  let known: Leadership | undefined;
  const started = fence.job((answer) => {
    known = answer;
    return ask((builder) => {
      if (answer === "follower") return notBuilding("not_leader");
      return proxy.executionMode() === "disabled" ? notBuilding("disabled") : start(builder);
    });
  });
  const asked = builders.map((handle, index) => ({
    handle,
    answer: started.then((jobs) => jobs[index]?.answer ?? notBuilding("no_builder")),
  }));
  return { builders: { kind: "asked", asked, attributes }, leadership: () => known };
}

const notBuilding = (reason: FallbackReason): Promise<BuilderJob> =>
  Promise.resolve({ kind: "not_building", reason, detail: undefined });
