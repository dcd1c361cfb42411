import type { Chain } from "./chain.ts";
import type { Block } from "./execution-payload.ts";

/** Another client as EL p2p sees it. */
export type Peer = { readonly listening: boolean; block(hash: string): Block | undefined };

/** Fetches a block and its missing ancestors from whichever peers listen; makes it the head if asked. Nothing where none has them. */
export function syncFromPeers(chain: Chain, peers: readonly Peer[], hash: string, head: boolean): void {
  const missing: Block[] = [];
  for (let at = hash; chain.block(at) === undefined; ) {
    const block = peers.find((peer) => peer.listening && peer.block(at) !== undefined)?.block(at);
    if (block === undefined) return;
    missing.unshift(block);
    at = block.payload.parentHash;
  }
  for (const block of missing) chain.newPayload(block);
  if (!head) return;
  chain.forkchoiceUpdated({
    headBlockHash: hash,
    safeBlockHash: (chain.safe ?? chain.head).payload.blockHash,
    finalizedBlockHash: (chain.finalized ?? chain.head).payload.blockHash,
  });
}
