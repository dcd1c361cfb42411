import { ensureGoProgram } from "./binaries/ensure-go-program.ts";
import { goPrograms } from "./binaries/go-programs.ts";

/** Builds the real parts before the first test, one after the other: each uses every core. Ends the run if it cannot. */
export async function setup(): Promise<void> {
  try {
    for (const program of goPrograms) await ensureGoProgram(program, (line) => console.log(line));
  } catch (error) {
    // Not thrown: vitest would print a stack and an empty test report around the one line that helps.
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
