import type { CaFile } from "./ca-file.ts";
import type { UpstreamSigner } from "./upstream-client.ts";

/** What a connection to an upstream is secured with. */
export type Keys = { readonly signer: UpstreamSigner; readonly ca: Pick<CaFile, "context" | "problem"> | undefined };

/** Keys that can be changed under a client, so that an upstream with other keys keeps its connections and calls under way. */
export class UpstreamKeys {
  #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** From the next call, and the next connection, on. */
  change(keys: Keys): void {
    this.#keys = keys;
  }

  readonly signer: UpstreamSigner = {
    header: () => this.#keys.signer.header(),
    otherHeader: (refused) => this.#keys.signer.otherHeader(refused),
    taken: (header) => this.#keys.signer.taken(header),
  };

  readonly ca: Pick<CaFile, "context" | "problem"> = {
    context: () => this.#keys.ca?.context(),
    problem: () => this.#keys.ca?.problem(),
  };
}
