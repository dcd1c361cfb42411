import type { Dispatcher } from "undici";
import type { Clock, Deadline } from "../clock.ts";
import { BodyCollector } from "./body-collector.ts";
import type { UpstreamAnswer } from "./upstream-client.ts";

type Bounds = {
  readonly deadline: Deadline;
  readonly bytesMax: number;
  readonly clock: Clock;
  /** Called with the bytes of each piece; false: there is no room for it. */
  readonly takeBytes?: (bytes: number) => boolean;
};

/** Says that an answer was dropped for lack of room, and not for anything the upstream did. */
export const NO_ROOM = "too many bytes are under way";

const TOO_LARGE: UpstreamAnswer = { kind: "unreachable", detail: "answer too large" };

/** Runs one undici dispatch and collects its answer, by the deadline and within the byte bound. */
export function collectAnswer(
  dispatch: (handler: Dispatcher.DispatchHandler) => void,
  { deadline, bytesMax, clock, takeBytes }: Bounds,
): Promise<UpstreamAnswer> {
  return new Promise((resolve) => {
    let body = new BodyCollector(undefined);
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
        const announced = single(headers["content-length"]);
        // Before any memory is taken for it.
        if (announced !== undefined && Number(announced) > bytesMax) return giveUp(TOO_LARGE);
        status = statusCode;
        contentType = single(headers["content-type"]);
        contentEncoding = single(headers["content-encoding"]);
        body = new BodyCollector(announced);
      },
      onResponseData(_, chunk) {
        if (body.bytes + chunk.length > bytesMax) giveUp(TOO_LARGE);
        else if (takeBytes?.(chunk.length) === false) giveUp({ kind: "unreachable", detail: NO_ROOM });
        else body.add(chunk);
      },
      onResponseEnd() {
        settle({
          kind: "answered",
          status,
          headers: {
            ...(contentType === undefined ? {} : { contentType }),
            ...(contentEncoding === undefined ? {} : { contentEncoding }),
          },
          body: body.whole(),
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
