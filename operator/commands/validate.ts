import { KIND } from "../api/names.ts";
import { parseManifests } from "../standalone/manifests.ts";
import type { FoundManifests } from "./find-manifests.ts";
import type { CommandResult } from "./result.ts";

/** Checks manifests as the API server and the operator would: one line when they are good, else every problem at once. */
export function validate(found: FoundManifests): CommandResult {
  const parsed = parseManifests(found.files, { spawn: true, forKubernetes: true });
  const problems = [...found.problems, ...(parsed.kind === "invalid" ? parsed.problems : [])];
  if (parsed.kind === "invalid" || problems.length > 0) {
    const summary = `${counted(problems.length, "problem")} in ${counted(found.files.length, "file")}`;
    return { output: "", problems: [...problems, summary], exitCode: 1 };
  }
  const { clusters, secrets, passedOver } = parsed.manifests;
  const others = [
    ...(passedOver === 0 ? [] : [`${counted(passedOver, "document")} of other kinds`]),
    ...(found.passedOver === 0
      ? []
      : [`${counted(found.passedOver, "file")} that ${found.passedOver === 1 ? "is" : "are"} not YAML`]),
  ];
  const output = [
    `${counted(clusters.length, KIND)} and ${counted(secrets.length, "Secret")} valid in ${counted(found.files.length, "file")}`,
    ...(others.length === 0 ? [] : [`passed over: ${others.join(", ")}`]),
  ].join("; ");
  return { output: `${output}\n`, problems: [], exitCode: 0 };
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
