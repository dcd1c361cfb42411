#!/usr/bin/env node
import pino from "pino";
import { HELP, type KubernetesArguments, parseArguments, type StandaloneArguments } from "./arguments.ts";
import { standaloneLog } from "./standalone/log.ts";
import { ManifestRefused } from "./standalone/manifest-source.ts";
import { runStandalone } from "./standalone/run-standalone.ts";
import { VERSION } from "./version.ts";

const EXIT_CANNOT_GO_ON = 1;
const EXIT_WRONG_INPUT = 2;

const PROXY_IMAGE = `rollup-boost-proxy:${VERSION}`;

const end = new AbortController();
process.once("SIGTERM", () => end.abort());
process.once("SIGINT", () => end.abort());

const parsed = parseArguments(process.argv.slice(2), process.env);
switch (parsed.kind) {
  case "help":
    process.stdout.write(HELP);
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
  case "standalone":
    await exitAfter(standalone(parsed.arguments));
}

async function run({ kubeconfig, namespaces, proxyImage, logLevel }: KubernetesArguments): Promise<void> {
  // Loaded when needed: the Kubernetes client alone takes longer to load than standalone mode takes to start.
  const { runKubernetes } = await import("./kubernetes/run.ts");
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const planOptions = { proxyImage: proxyImage ?? PROXY_IMAGE, operatorVersion: VERSION };
  await runKubernetes({ kubeconfig, namespaces, planOptions }, { log, signal: end.signal });
}

async function standalone(args: StandaloneArguments): Promise<void> {
  if (args.exitWithParent) {
    process.stdin.on("close", () => end.abort());
    process.stdin.resume();
  }
  const plan = { proxyImage: PROXY_IMAGE, operatorVersion: VERSION };
  await runStandalone({ ...args, plan }, standaloneLog(args.logFormat, args.logLevel), end.signal);
}

/** Kept-alive connections would hold the process for seconds after its work is done. */
async function exitAfter(work: Promise<void>): Promise<never> {
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
