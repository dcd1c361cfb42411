import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The numbers of the ports, in `listening.json` of the state folder: for whoever asked for free ones. No rpc port at a balancer and with rollup-boost's options; no debug port where it was taken. */
export type Ports = { readonly engine: number; readonly rpc?: number; readonly admin: number; readonly debug?: number };

/** Makes the state folder where it is missing and takes the last process's ports out of it. */
export const forgetPorts = (stateDir: string): Promise<string | undefined> =>
  problemOf(async () => {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await rm(join(stateDir, FILE), { force: true });
  });

/** Writes the ports so that no half of them is ever read. */
export const tellPorts = (stateDir: string, ports: Ports): Promise<string | undefined> =>
  problemOf(async () => {
    const path = join(stateDir, FILE);
    await writeFile(`${path}.next`, JSON.stringify(ports));
    await rename(`${path}.next`, path);
  });

const FILE = "listening.json";

/** A full or read-only disk must not keep a sequencer from its execution client: its code, and the proxy goes on. */
async function problemOf(write: () => Promise<void>): Promise<string | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
  }
}
