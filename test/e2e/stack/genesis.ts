import { builderUser, executionClientUser } from "./accounts.ts";

/** Of the L1 that `op-geth --dev` runs. */
export const L1_CHAIN_ID = 900;
/** Of the OP chain. */
export const L2_CHAIN_ID = 901;
/** Of the OP chain's blocks; op-node repeats it in every payload attributes. */
export const L2_GAS_LIMIT = 60_000_000;
/** What op-node needs in its rollup config and op-geth in its genesis. */
export const EIP1559 = { eip1559Elasticity: 6, eip1559Denominator: 50, eip1559DenominatorCanyon: 250 };

const hex = (value: number): string => `0x${value.toString(16)}`;
const zeros = (bytes: number): string => "00".repeat(bytes);

const blockForks = Object.fromEntries(
  [
    "homestead",
    "eip150",
    "eip155",
    "eip158",
    "byzantium",
    "constantinople",
    "petersburg",
    "istanbul",
    "muirGlacier",
    "berlin",
    "london",
    "arrowGlacier",
    "grayGlacier",
    "mergeNetsplit",
  ].map((fork) => [`${fork}Block`, 0]),
);

// What Cancun and Prague call at the start of every block: EIP-4788 (beacon roots) and EIP-2935 (block hashes).
const systemContracts = {
  "0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02": {
    nonce: "0x1",
    balance: "0x0",
    code: "0x3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500",
  },
  "0x0000F90827F1C53a10cb7A02335B175320002935": {
    nonce: "0x1",
    balance: "0x0",
    code: "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500",
  },
};
const doesNothing = { nonce: "0x1", balance: "0x0", code: "0x00" };
const rich = Object.fromEntries(
  [builderUser, executionClientUser].map((user) => [user.address, { balance: hex(1e22) }]),
);

const header = (timestampSeconds: number) => ({
  nonce: "0x0",
  difficulty: "0x0",
  mixHash: `0x${zeros(32)}`,
  coinbase: `0x${zeros(20)}`,
  timestamp: hex(timestampSeconds),
  baseFeePerGas: hex(1e9),
});

/** An L1 at Prague without any of the rollup's contracts: op-node finds no deposit and no batch, and asks for no more. */
export const l1Genesis = (timestampSeconds: number) => ({
  ...header(timestampSeconds),
  gasLimit: hex(30_000_000),
  extraData: "0x",
  config: {
    chainId: L1_CHAIN_ID,
    ...blockForks,
    shanghaiTime: 0,
    cancunTime: 0,
    pragueTime: 0,
    terminalTotalDifficulty: 0,
    depositContractAddress: "0x00000000219ab540356cBB839Cbe05303d7705Fa",
    blobSchedule: {
      cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
      prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
    },
  },
  alloc: {
    ...systemContracts,
    // EIP-7002 and EIP-7251 are called at the end of every block; these have no requests.
    "0x00000961Ef480Eb55e80D19ad83579A64c007002": doesNothing,
    "0x0000BBdDc7CE488642fb579F8B00f3a590007251": doesNothing,
    ...rich,
  },
});

/** The OP chain at Jovian from its first block, the newest fork that op-geth knows (D-3). */
export const l2Genesis = (timestampSeconds: number) => ({
  ...header(timestampSeconds),
  gasLimit: hex(L2_GAS_LIMIT),
  // Jovian: version 1, EIP-1559 denominator 250 and elasticity 6, minimum base fee 0 (V-10).
  extraData: `0x01000000fa00000006${zeros(8)}`,
  config: {
    chainId: L2_CHAIN_ID,
    ...blockForks,
    shanghaiTime: 0,
    cancunTime: 0,
    pragueTime: 0,
    terminalTotalDifficulty: 0,
    bedrockBlock: 0,
    regolithTime: 0,
    canyonTime: 0,
    ecotoneTime: 0,
    fjordTime: 0,
    graniteTime: 0,
    holoceneTime: 0,
    isthmusTime: 0,
    jovianTime: 0,
    optimism: EIP1559,
  },
  alloc: {
    ...systemContracts,
    // L2ToL1MessagePasser: with an empty storage op-geth leaves withdrawalsRoot out and refuses its own payload (D-4), so
    // its proxy's EIP-1967 admin slot is set.
    "0x4200000000000000000000000000000000000016": {
      ...doesNothing,
      storage: {
        "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103":
          "0x0000000000000000000000004200000000000000000000000000000000000018",
      },
    },
    // L1Block: its deposit succeeds and all fees stay 0.
    "0x4200000000000000000000000000000000000015": doesNothing,
    ...rich,
  },
});
