import { KIND } from "../api/names.ts";
import type { PlanOptions } from "../plan/model.ts";
import { parseManifests } from "../standalone/manifests.ts";
import { explain } from "./explain.ts";
import { explanationText } from "./explanation-text.ts";
import type { FoundManifests } from "./find-manifests.ts";
import type { CommandResult } from "./result.ts";

/** Explains every cluster of the manifests; what is wrong with them is said instead. */
export function explainFiles(found: FoundManifests, output: "text" | "json", options: PlanOptions): CommandResult {
  const parsed = parseManifests(found.files, { spawn: true, forKubernetes: true });
  const problems = [...found.problems, ...(parsed.kind === "invalid" ? parsed.problems : [])];
  if (parsed.kind === "invalid" || problems.length > 0) return { output: "", problems, exitCode: 2 };
  if (parsed.manifests.clusters.length === 0) {
    const paths = found.files.map(({ path }) => path).join(", ");
    return {
      output: "",
      problems: [`no document of kind ${KIND} in ${paths === "" ? "any file" : paths}`],
      exitCode: 2,
    };
  }
  const explained = explain(parsed.manifests, options);
  const text =
    output === "json" ? `${JSON.stringify(explained, undefined, 2)}\n` : explained.map(explanationText).join("\n");
  return { output: text, problems: [], exitCode: 0 };
}
