import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { problemText } from "../../proxy/contract/problems.ts";
import type { ConfigPushAnswer } from "../../proxy/contract/status.ts";
import { putConfig } from "../observe/proxy-client.ts";
import { configText } from "../plan/manifests/config-map.ts";
import type { ProxyObserved } from "../plan/model.ts";

/** Outcome of one push; `revision` is what the proxy runs after it. */
export type PushOutcome =
  | { readonly kind: "confirmed"; readonly revision: number }
  /** The proxy runs a higher revision, or the same with other content: the next plan takes a higher one. */
  | { readonly kind: "outrun"; readonly revision: number; readonly conflict: boolean; readonly problem: string }
  | { readonly kind: "refused"; readonly revision: number; readonly problem: string }
  | { readonly kind: "failed"; readonly problem: string };

/**
 * Pushes exactly the document that was written (ConfigMap, state folder) and reads back the revision the proxy runs.
 * Write it first: a document that only a proxy knows is lost with it. Never rejects.
 */
export async function pushConfig(
  target: { readonly adminUrl: string; readonly adminToken: string },
  document: ConfigFile,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const put = await putConfig(target, configText(document), signal);
  return put.kind === "failed" ? put : outcomeOf(put.answer, document.revision);
}

/** What a push adds to what was observed: the plan must know of a conflict, people of a refusal. */
export const observedAfterPush = (proxy: ProxyObserved, outcome: PushOutcome | undefined): ProxyObserved =>
  outcome === undefined || outcome.kind === "confirmed"
    ? proxy
    : {
        ...proxy,
        problem: proxy.problem ?? outcome.problem,
        ...(outcome.kind === "outrun" && outcome.conflict ? { conflict: true } : {}),
      };

function outcomeOf(answer: ConfigPushAnswer, pushed: number): PushOutcome {
  const { revision } = answer;
  switch (answer.outcome) {
    case "accepted":
    case "unchanged":
      return { kind: "confirmed", revision };
    case "ignored":
      return { kind: "outrun", revision, conflict: false, problem: `runs revision ${revision}, above ${pushed}` };
    case "conflict":
      return { kind: "outrun", revision, conflict: true, problem: `runs another document of revision ${revision}` };
    case "refused": {
      const problems = answer.problems.map(problemText).join("; ");
      const guess = answer.notKept === undefined ? "; is its image older than the operator?" : "";
      return { kind: "refused", revision, problem: `refused revision ${pushed}: ${problems}${guess}` };
    }
  }
}
