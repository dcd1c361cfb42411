import { mnemonicToAccount } from "viem/accounts";

/** The public mnemonic of every Ethereum development chain: its keys protect nothing. */
const DEV_MNEMONIC = "test test test test test test test test test test test junk";

/** Its transactions are given to the builder only: a block that holds one was built there. */
export const builderUser = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 0 });

/** Its transactions are given to the execution client only. */
export const executionClientUser = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 3 });

/** The rollup config wants one; no batch is ever posted. */
export const batcherAddress = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 1 }).address;
