#!/usr/bin/env node
import { text } from "node:stream/consumers";
import pino from "pino";
import { type KubernetesArguments, parseArguments, type StandaloneArguments } from "./arguments.ts";
import { crdYaml } from "./commands/crd.ts";
import { explainFiles } from "./commands/explain-files.ts";
import { findManifests } from "./commands/find-manifests.ts";
import type { CommandResult } from "./commands/result.ts";
import { validate } from "./commands/validate.ts";
import { HELP } from "./help.ts";
import { standaloneLog } from "./standalone/log.ts";
import { ManifestRefused } from "./standalone/manifest-source.ts";
import { runStandalone } from "./standalone/run-standalone.ts";
import { VERSION } from "./version.ts";

const EXIT_CANNOT_GO_ON = 1;
const EXIT_WRONG_INPUT = 2;

const PLAN_OPTIONS = { proxyImage: `rollup-boost-proxy:${VERSION}`, operatorVersion: VERSION };

const end = new AbortController();
const readStdin = (): Promise<string> => text(process.stdin);

const parsed = parseArguments(process.argv.slice(2), process.env);
switch (parsed.kind) {
  case "help":
    process.stdout.write(HELP[parsed.topic]);
    break;
  case "version":
    process.stdout.write(`${VERSION}\n`);
    break;
  case "wrong":
    process.stderr.write(`${parsed.problems.join("\n")}\nRun with --help for all options.\n`);
    process.exitCode = EXIT_WRONG_INPUT;
    break;
  case "run":
    await exitAfter(run(parsed.arguments));
    break;
  case "validate":
    tell(validate(await findManifests(parsed.paths, readStdin)));
    break;
  case "explain":
    tell(explainFiles(await findManifests(parsed.paths, readStdin), parsed.output, PLAN_OPTIONS));
    break;
  case "crd":
    process.stdout.write(crdYaml());
    break;
  case "standalone":
    await exitAfter(standalone(parsed.arguments));
}

async function run({ proxyImage, logLevel, ...options }: KubernetesArguments): Promise<void> {
  // Loaded when needed: the Kubernetes client alone takes longer to load than standalone mode takes to start.
  const { runKubernetes } = await import("./kubernetes/run.ts");
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const planOptions = { ...PLAN_OPTIONS, proxyImage: proxyImage ?? PLAN_OPTIONS.proxyImage };
  await runKubernetes({ ...options, planOptions }, { log, signal: end.signal });
}

async function standalone(args: StandaloneArguments): Promise<void> {
  if (args.exitWithParent) {
    process.stdin.on("close", () => end.abort());
    process.stdin.resume();
  }
  await runStandalone({ ...args, plan: PLAN_OPTIONS }, standaloneLog(args.logFormat, args.logLevel), end.signal);
}

function tell({ output, problems, exitCode }: CommandResult): void {
  process.stdout.write(output);
  if (problems.length > 0) process.stderr.write(`${problems.join("\n")}\n`);
  process.exitCode = exitCode;
}

/** Kept-alive connections would hold the process for seconds after its work is done. */
async function exitAfter(work: Promise<void>): Promise<never> {
  process.once("SIGTERM", () => end.abort());
  process.once("SIGINT", () => end.abort());
  try {
    await work;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof ManifestRefused) {
      process.stderr.write(`${message}\n`);
      process.exit(EXIT_WRONG_INPUT);
    }
    process.stderr.write(`the operator cannot go on: ${message}\n`);
    process.exit(EXIT_CANNOT_GO_ON);
  }
  process.exit(0);
}
