import pino from "pino";

/** Where standalone mode writes what happens: one line a time. */
export type Log = {
  readonly info: (text: string, data?: Readonly<Record<string, string | number>>) => void;
  readonly warn: (text: string, data?: Readonly<Record<string, string | number>>) => void;
};

const LEVELS = { info: 30, warn: 40 } as const;

/** `text` for a terminal (time, sentence), `json` for a log collector (pino). `warn` and above leave `info` out. */
export function standaloneLog(format: "text" | "json", level: string): Log {
  if (format === "json") {
    const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
    return { info: (text, data) => log.info(data ?? {}, text), warn: (text, data) => log.warn(data ?? {}, text) };
  }
  const write = (text: string): void => {
    const time = new Date().toTimeString().slice(0, 8);
    for (const line of text.split("\n")) process.stdout.write(`${time} ${line}\n`);
  };
  const isShown = (line: "info" | "warn"): boolean =>
    LEVELS[line] >= (pino.levels.values[level] ?? Number.POSITIVE_INFINITY);
  return {
    info: (text) => isShown("info") && write(text),
    warn: (text) => isShown("warn") && write(text),
  };
}
