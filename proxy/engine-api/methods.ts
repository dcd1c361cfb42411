/** What the proxy does with a call. */
export type Route =
  | { readonly kind: "forkchoice-updated" }
  | { readonly kind: "get-payload"; readonly validate: NewPayloadVersion }
  | { readonly kind: "new-payload" }
  | { readonly kind: "pass-through" };

/** How a payload of that getPayload version is validated. */
export type NewPayloadVersion = {
  readonly method: "engine_newPayloadV3" | "engine_newPayloadV4";
  /** JSON texts after the execution payload and the beacon root; always empty lists on OP (engine contract 3.2). */
  readonly trailing: readonly string[];
  /** Whether the payload has a withdrawalsRoot: from Isthmus on (V-12). */
  readonly withdrawalsRoot: boolean;
};

const V3: NewPayloadVersion = { method: "engine_newPayloadV3", trailing: [], withdrawalsRoot: false };
const V4: NewPayloadVersion = { method: "engine_newPayloadV4", trailing: ["[]"], withdrawalsRoot: true };
const PASS_THROUGH: Route = { kind: "pass-through" };

/**
 * The versions op-node uses (engine contract 2.2): Ecotone to Holocene V3, Isthmus and Jovian V4, Karst getPayloadV5 with
 * the V4 envelope and newPayloadV4. FCU is always V3. Anything else, also an unknown `engine_*`, passes through (E-6).
 */
const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["engine_forkchoiceUpdatedV3", { kind: "forkchoice-updated" }],
  ["engine_getPayloadV3", { kind: "get-payload", validate: V3 }],
  ["engine_getPayloadV4", { kind: "get-payload", validate: V4 }],
  ["engine_getPayloadV5", { kind: "get-payload", validate: V4 }],
  ["engine_newPayloadV3", { kind: "new-payload" }],
  ["engine_newPayloadV4", { kind: "new-payload" }],
]);

/** Why builders hear of a call that the execution client answers: a user's transaction, or how blocks are to be built. */
export type Concern = "transaction" | "miner";

/** What rollup-boost sends to its builder too (E-9). */
const CONCERNS: ReadonlyMap<string, Concern> = new Map<string, Concern>([
  ["eth_sendRawTransaction", "transaction"],
  ["eth_sendRawTransactionConditional", "transaction"],
  ["miner_setExtra", "miner"],
  ["miner_setGasPrice", "miner"],
  ["miner_setGasLimit", "miner"],
  ["miner_setMaxDASize", "miner"],
]);

/** Why builders hear of a method; undefined for all that is the execution client's alone. */
export const concernOf = (method: string): Concern | undefined => CONCERNS.get(method);

/** A method of our own, from a sequencer's proxy to a balancer: what became of a block it gave. */
export const REPORT_VERDICT_METHOD = "rollupBoost_reportVerdict";

/** The route of a method; pass-through for every method not in the table. */
export const routeOf = (method: string): Route => ROUTES.get(method) ?? PASS_THROUGH;
