import type { Upstream, UpstreamAnswer } from "./engine-api/upstream-client.ts";

const SHUT_OFF: UpstreamAnswer = { kind: "unreachable", detail: "execution mode disabled" };

/**
 * A builder's connection that sends nothing while the emergency shut-off is pulled, whoever asks and however long the call
 * had waited: the one place every call to a builder goes through.
 */
export const shutOffGate = (client: Upstream, isShutOff: () => boolean): Upstream => ({
  call: (call) => (isShutOff() ? Promise.resolve(SHUT_OFF) : client.call({ ...call, isWanted: () => !isShutOff() })),
  close: (graceMs) => client.close(graceMs),
});
