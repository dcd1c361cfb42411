import { join } from "node:path";

/** A real part that is built from Go modules. */
export type GoProgram = {
  readonly name: string;
  /** Holds the go.mod and go.sum that pin it. op-geth calls itself go-ethereum and optimism replaces that: one folder each. */
  readonly moduleFolder: string;
  readonly package: string;
};

const moduleFolder = (name: string): string => join(import.meta.dirname, "../go-modules", name);

/** What the tests run. */
export const goPrograms: readonly GoProgram[] = [
  { name: "op-geth", moduleFolder: moduleFolder("op-geth"), package: "github.com/ethereum/go-ethereum/cmd/geth" },
  {
    name: "op-node",
    moduleFolder: moduleFolder("optimism"),
    package: "github.com/ethereum-optimism/optimism/op-node/cmd",
  },
  {
    name: "op-conductor",
    moduleFolder: moduleFolder("optimism"),
    package: "github.com/ethereum-optimism/optimism/op-conductor/cmd",
  },
];
