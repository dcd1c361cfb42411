/** What a fork changes on the wire (engine-contract section 2.2). */
export type ForkRules = {
  readonly getPayload: 3 | 4 | 5;
  readonly newPayload: 3 | 4;
  /** Attributes carry eip1559Params, extraData 9 bytes. */
  readonly eip1559Params: boolean;
  /** Attributes carry minBaseFee, extraData 17 bytes, blobGasUsed is the data availability footprint. */
  readonly minBaseFee: boolean;
  readonly withdrawalsRoot: boolean;
};

/** The forks a simulated chain can run; one for the whole chain. */
export const forks = {
  ecotone: { getPayload: 3, newPayload: 3, eip1559Params: false, minBaseFee: false, withdrawalsRoot: false },
  holocene: { getPayload: 3, newPayload: 3, eip1559Params: true, minBaseFee: false, withdrawalsRoot: false },
  isthmus: { getPayload: 4, newPayload: 4, eip1559Params: true, minBaseFee: false, withdrawalsRoot: true },
  jovian: { getPayload: 4, newPayload: 4, eip1559Params: true, minBaseFee: true, withdrawalsRoot: true },
  karst: { getPayload: 5, newPayload: 4, eip1559Params: true, minBaseFee: true, withdrawalsRoot: true },
} as const satisfies Readonly<Record<string, ForkRules>>;

export type Fork = keyof typeof forks;
