/** What a command that only reads has to say. */
export type CommandResult = {
  /** For standard output. */
  readonly output: string;
  /** For standard error, a line each. */
  readonly problems: readonly string[];
  readonly exitCode: number;
};
