import { batcherAddress } from "./accounts.ts";
import { EIP1559, L1_CHAIN_ID, L2_CHAIN_ID, L2_GAS_LIMIT } from "./genesis.ts";

const zeros = (bytes: number): string => "00".repeat(bytes);

/** What the two chains say about their first block. */
export type GenesisBlocks = { readonly l1Hash: string; readonly l2Hash: string; readonly l2TimeSeconds: number };

/** op-node's rollup.json: Jovian from the first block. */
export const rollupConfig = (genesis: GenesisBlocks, blockTimeSeconds: number) => ({
  genesis: {
    l1: { hash: genesis.l1Hash, number: 0 },
    l2: { hash: genesis.l2Hash, number: 0 },
    l2_time: genesis.l2TimeSeconds,
    system_config: {
      batcherAddr: batcherAddress,
      overhead: `0x${zeros(32)}`,
      // Version 1 with the usual blob base fee and base fee scalars.
      scalar: `0x01${zeros(23)}000f79c50000146b`,
      gasLimit: L2_GAS_LIMIT,
      eip1559Params: `0x${zeros(8)}`,
      operatorFeeParams: `0x${zeros(32)}`,
      minBaseFee: 0,
      daFootprintGasScalar: 0,
    },
  },
  block_time: blockTimeSeconds,
  max_sequencer_drift: 600,
  seq_window_size: 100_000,
  channel_timeout: 300,
  l1_chain_id: L1_CHAIN_ID,
  l2_chain_id: L2_CHAIN_ID,
  regolith_time: 0,
  canyon_time: 0,
  delta_time: 0,
  ecotone_time: 0,
  fjord_time: 0,
  granite_time: 0,
  holocene_time: 0,
  isthmus_time: 0,
  jovian_time: 0,
  // Nothing lives at these addresses.
  batch_inbox_address: "0xff00000000000000000000000000000000000901",
  deposit_contract_address: "0x00000000000000000000000000000000000d0901",
  l1_system_config_address: "0x00000000000000000000000000000000000c0901",
  chain_op_config: EIP1559,
});
