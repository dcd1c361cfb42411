/** One measured number; `aim` is what it should stay below. */
export type Row = {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  readonly aim?: number;
};

/** The rows as text, aim beside measured. */
export function resultTable(rows: readonly Row[]): string {
  const cells = [
    ["", "measured", "aim", ""],
    ...rows.map(({ what, measured, unit, aim }) => [
      what,
      `${rounded(measured)} ${unit}`.trim(),
      aim === undefined ? "" : `under ${aim} ${unit}`,
      aim === undefined ? "" : measured < aim ? "met" : "missed",
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
        .join("")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

const rounded = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toString());
