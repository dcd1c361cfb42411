import type { BlockVerdict } from "./balancer/report-verdict.ts";
import type { Builder } from "./builder.ts";
import { requestBody } from "./engine-api/json-rpc.ts";
import { REPORT_VERDICT_METHOD } from "./engine-api/methods.ts";
import type { Choice } from "./selection/choose-payload.ts";

/** Tells each balancer what became of the block it gave, so that it can judge whose it was. Each call has a bound of its own. */
export async function reportVerdicts({ outcomes }: Choice, balancers: readonly Builder[]): Promise<void> {
  const reports = outcomes.map(async ({ builder, blockHash, outcome }) => {
    const balancer = balancers.find(({ config }) => config.name === builder);
    if (blockHash === undefined || outcome === "not_needed") return;
    const verdict: BlockVerdict = { blockHash, verdict: outcome };
    await balancer?.tell(requestBody(REPORT_VERDICT_METHOD, [JSON.stringify(verdict)]));
  });
  await Promise.all(reports);
}
