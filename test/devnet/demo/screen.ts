import { stripVTControlCharacters, styleText } from "node:util";

/** The styles the demo uses; without effect where output is no terminal or NO_COLOR is set. */
export type Paint = (style: "bold" | "dim" | "green" | "yellow" | "red" | "cyan", text: string) => string;

/** Lines that stay, and on a terminal a panel below them that is drawn again and again. */
export type Screen = Disposable & {
  readonly paint: Paint;
  line(text?: string): void;
  panel(lines: readonly string[]): void;
};

const ERASE_BELOW = "\u001b[0J";
const COLUMNS_DEFAULT = 80;

/** A screen on a terminal; plain lines and no panel where the stream is none. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  const paint: Paint = (style, text) => styleText(style, text, { stream });
  if (!stream.isTTY) {
    return {
      paint,
      line: (text = "") => void stream.write(`${text}\n`),
      panel: () => undefined,
      [Symbol.dispose]: () => undefined,
    };
  }
  let shown: readonly string[] = [];
  const up = () => (shown.length === 0 ? "" : `\u001b[${shown.length}F`);
  const below = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  return {
    paint,
    line: (text = "") => void stream.write(`${up()}${ERASE_BELOW}${text}\n${below(shown)}`),
    panel: (lines) => {
      const fitting = lines.map((line) => cut(line, stream.columns ?? COLUMNS_DEFAULT));
      stream.write(`${up()}${ERASE_BELOW}${below(fitting)}`);
      shown = fitting;
    },
    [Symbol.dispose]: () => void stream.write(`${up()}${ERASE_BELOW}`),
  };
}

/** A line that wraps would break the count of lines to go up. Cut lines lose their colour. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : plain.slice(0, Math.max(0, columns - 1));
}
