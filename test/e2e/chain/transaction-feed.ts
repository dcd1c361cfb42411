import { setTimeout as delay } from "node:timers/promises";
import { type LocalAccount, parseGwei } from "viem";
import { L2_CHAIN_ID } from "../stack/genesis.ts";
import type { OpGeth } from "../stack/op-geth.ts";

/** Five in a 1-second block, so that none is without one even when this process is late. */
const SEND_EVERY_MS = 200;

/**
 * Sends a user's transfers to one op-geth and to nobody else. Since transactions are not gossiped, a block with one of
 * them was built there. An op-geth that is away is tried again until this is disposed.
 */
export class TransactionFeed implements AsyncDisposable {
  readonly #client: OpGeth["client"];
  readonly #user: LocalAccount;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(opGeth: OpGeth, user: LocalAccount) {
    this.#client = opGeth.client;
    this.#user = user;
    this.#running = this.#feed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #feed(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#send(await this.#client.getTransactionCount({ address: this.#user.address, blockTag: "pending" }));
      } catch {
        // It is away or has just started; the next round asks again where to go on.
      }
      await delay(SEND_EVERY_MS);
    }
  }

  async #send(nonce: number): Promise<void> {
    const serializedTransaction = await this.#user.signTransaction({
      chainId: L2_CHAIN_ID,
      nonce,
      to: this.#user.address,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: parseGwei("3"),
      maxPriorityFeePerGas: parseGwei("1"),
    });
    await this.#client.sendRawTransaction({ serializedTransaction });
  }
}
