#!/usr/bin/env node
import pino from "pino";
import { parseArguments } from "./arguments.ts";
import { systemClock } from "./clock.ts";
import { HELP } from "./help.ts";
import type { StartedProxy } from "./serving.ts";
import { startProxy } from "./start.ts";
import { ConfigRefused } from "./starting-config.ts";
import { VERSION } from "./version.ts";

const EXIT_CANNOT_START = 1;
const EXIT_WRONG_INPUT = 2;

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
    await run(parsed);
}

async function run({ arguments: args, notes }: Extract<typeof parsed, { kind: "run" }>): Promise<void> {
  const log = pino({ level: args.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  for (const note of notes) log.warn(note);
  let proxy: StartedProxy;
  try {
    proxy = await startProxy(args, { clock: systemClock, log, uid: process.geteuid?.() });
  } catch (error) {
    if (error instanceof ConfigRefused) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_WRONG_INPUT);
    }
    process.stderr.write(`the proxy cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(EXIT_CANNOT_START);
  }
  const stop = (how: string): void => {
    log.info({ how, drainSeconds: args.drainSeconds }, "draining");
    void proxy.drain().then(() => process.exit(0));
  };
  process.once("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGHUP", () => {
    log.info("reading config and secrets again");
    void proxy.reload();
  });
  process.once("SIGINT", () => stop("SIGINT"));
  if (args.exitWithParent) {
    process.stdin.on("close", () => process.exit(0));
    process.stdin.resume();
  }
}
