import { Writable } from "node:stream";
import pino, { type Logger } from "pino";

/** A log that can be read back. */
export type CapturedLog = { readonly log: Logger; readonly text: () => string };

/** Takes everything, whatever its level. */
export function capturedLog(): CapturedLog {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString("utf8"));
      done();
    },
  });
  return { log: pino({ level: "trace" }, sink), text: () => lines.join("") };
}
