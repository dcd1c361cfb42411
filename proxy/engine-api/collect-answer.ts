import type { Dispatcher } from "undici";
import type { Clock, Deadline } from "../clock.ts";
import type { UpstreamAnswer } from "./upstream-client.ts";

type Bounds = { readonly deadline: Deadline; readonly bytesMax: number; readonly clock: Clock };

/** Runs one undici dispatch and collects its answer, by the deadline and within the byte bound. */
export function collectAnswer(
  dispatch: (handler: Dispatcher.DispatchHandler) => void,
  { deadline, bytesMax, clock }: Bounds,
): Promise<UpstreamAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status = 0;
    let contentType: string | undefined;
    let contentEncoding: string | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;

    const settle = (answer: UpstreamAnswer): void => {
      if (settled) return;
      settled = true;
      cancelDeadline();
      resolve(answer);
    };
    const giveUp = (answer: UpstreamAnswer): void => {
      settle(answer);
      controller?.abort(new Error(answer.kind));
    };
    const cancelDeadline = clock.after(deadline.atMs - clock.monotonicMs(), () => giveUp({ kind: "late" }));

    dispatch({
      onRequestStart(given) {
        controller = given;
        // The deadline may pass while the call waits for a connection: then it is not sent at all.
        if (settled) given.abort(new Error("late"));
      },
      onResponseStart(_, statusCode, headers) {
        status = statusCode;
        contentType = single(headers["content-type"]);
        contentEncoding = single(headers["content-encoding"]);
      },
      onResponseData(_, chunk) {
        bytes += chunk.length;
        if (bytes > bytesMax) giveUp({ kind: "unreachable", detail: "answer too large" });
        else chunks.push(chunk);
      },
      onResponseEnd() {
        const [first] = chunks;
        const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
        settle({
          kind: "answered",
          status,
          headers: {
            ...(contentType === undefined ? {} : { contentType }),
            ...(contentEncoding === undefined ? {} : { contentEncoding }),
          },
          body,
        });
      },
      onResponseError(_, error) {
        settle({ kind: "unreachable", detail: codeOf(error) });
      },
    });
  });
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** The stable code of a network error; its text may hold addresses. */
const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : error.name);
