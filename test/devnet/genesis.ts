import { type Block, sealed } from "./execution-payload.ts";
import type { ForkRules } from "./fork.ts";
import { bytesOf, digest, quantity, ZERO_HASH } from "./hex.ts";

/** Room for a payload of more than 3 MiB of transactions. */
const GAS_LIMIT = 60_000_000;

/** The first block: the same for all clients that start with the same fork and time. */
export function genesisBlock(rules: ForkRules, timestampS: number): Block {
  const payload = sealed(
    {
      parentHash: ZERO_HASH,
      feeRecipient: bytesOf(0, 20),
      stateRoot: digest("state", "genesis"),
      receiptsRoot: digest("receipts"),
      logsBloom: bytesOf(0, 256),
      prevRandao: ZERO_HASH,
      blockNumber: "0x0",
      gasLimit: quantity(GAS_LIMIT),
      gasUsed: "0x0",
      timestamp: quantity(timestampS),
      extraData: rules.minBaseFee ? `0x01${"0".repeat(32)}` : rules.eip1559Params ? `0x00${"0".repeat(16)}` : "0x",
      baseFeePerGas: quantity(1_000_000),
      transactions: [],
      withdrawals: [],
      blobGasUsed: "0x0",
      excessBlobGas: "0x0",
      ...(rules.withdrawalsRoot ? { withdrawalsRoot: digest("withdrawals", digest("state", "genesis")) } : {}),
    },
    ZERO_HASH,
  );
  return { payload, parentBeaconBlockRoot: ZERO_HASH };
}
