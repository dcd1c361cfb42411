import { join } from "node:path";
import { Supervisor } from "../control-plane/supervisor.ts";
import { PROXY_IMAGE } from "./operator-in-process.ts";
import type { TestSpace } from "./test-space.ts";

const OPERATOR_MAIN = join(import.meta.dirname, "../../../operator/main.ts");

/** The operator as users run it, for one test's namespace. Disposing it is kill -9. */
export function startOperatorProcess({ kubeconfig, namespace, folder }: TestSpace): AsyncDisposable {
  const supervisor = new Supervisor();
  supervisor.start({
    name: "operator",
    command: [
      process.execPath,
      OPERATOR_MAIN,
      "run",
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--proxy-image=${PROXY_IMAGE}`,
    ],
    logFile: join(folder, "operator.log"),
  });
  return { [Symbol.asyncDispose]: () => supervisor.close() };
}
