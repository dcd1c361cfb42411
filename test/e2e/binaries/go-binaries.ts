import { homedir } from "node:os";
import { join } from "node:path";

/** Where built programs are kept between runs. */
export const binaryFolder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "rollup-boost-operator",
  "bin",
);

/** A program that `ensureGoProgram` has built. */
export const goBinary = (name: string): string => join(binaryFolder, name);
