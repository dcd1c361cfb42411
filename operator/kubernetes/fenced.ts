import type { Dispatcher } from "undici";

/**
 * Calls `fence` when a request is about to be written to its connection, after any wait for one; a request for which it
 * throws is not sent and fails with what it threw.
 */
export const fenced = (dispatcher: Dispatcher, fence: () => void): Dispatcher =>
  dispatcher.compose((dispatch) => (options, handler) => dispatch(options, fencedHandler(handler, fence)));

const fencedHandler = (handler: Dispatcher.DispatchHandler, fence: () => void): Dispatcher.DispatchHandler => ({
  onRequestStart(controller, context) {
    handler.onRequestStart?.(controller, context);
    try {
      fence();
    } catch (error) {
      controller.abort(error instanceof Error ? error : new Error(String(error)));
    }
  },
  onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
  onResponseStart: (...args) => handler.onResponseStart?.(...args),
  onResponseData: (...args) => handler.onResponseData?.(...args),
  onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
  onResponseError: (...args) => handler.onResponseError?.(...args),
});
