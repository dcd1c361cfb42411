/** A line of the bench's table: the row's name, the subject, and its figures. */
export const line = (cells: readonly string[]): string =>
  cells.map((cell, index) => cell.padEnd(index === 0 ? 21 : index === 1 ? 14 : 20)).join("");
