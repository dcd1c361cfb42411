import { type Block, isDeposit } from "./execution-payload.ts";
import { byteLength } from "./hex.ts";

/** Transactions a client has of its own in every block it builds: how many, and how long each is. */
export type OwnTransactions = { readonly count: number; readonly bytes: number };

/** As many as go-ethereum keeps executable. */
const POOL_TRANSACTIONS_MAX = 4_096;

/** Of type dynamic fee, then readable text: who built the block can be read off the chain. */
const OWN_TYPE = "0x02";

/** What a client may put into a block: what came in by eth_sendRawTransaction, then its own. */
export class TransactionPool {
  readonly #client: string;
  readonly #own: OwnTransactions;
  readonly #sent = new Set<string>();

  constructor(client: string, own: OwnTransactions) {
    this.#client = client;
    this.#own = own;
  }

  add(transaction: string): void {
    if (this.#sent.size < POOL_TRANSACTIONS_MAX) this.#sent.add(transaction);
  }

  /** Own transactions first: they name the client. */
  forBlock(number: bigint): readonly string[] {
    const own = Array.from({ length: this.#own.count }, (_, index) =>
      ownTransaction(this.#client, number, index, this.#own.bytes),
    );
    return [...own, ...this.#sent];
  }

  /** Takes out what a block that became canonical holds. */
  included(block: Block): void {
    for (const transaction of block.payload.transactions) this.#sent.delete(transaction);
  }
}

function ownTransaction(client: string, number: bigint, index: number, bytes: number): string {
  const text = Buffer.from(`${client}:${number}:${index}:`).toString("hex");
  return `${OWN_TYPE}${text}${"00".repeat(Math.max(0, bytes - byteLength(`${OWN_TYPE}${text}`)))}`;
}

/** The simulated client that built a block, read from its transactions; undefined where it holds none of a client's own. */
export function builtBy(block: Block): string | undefined {
  const first = block.payload.transactions.find((transaction) => !isDeposit(transaction));
  if (first === undefined || !first.startsWith(OWN_TYPE)) return undefined;
  const [client, number] = Buffer.from(first.slice(OWN_TYPE.length), "hex").toString("latin1").split(":");
  return number === BigInt(block.payload.blockNumber).toString() ? client : undefined;
}
