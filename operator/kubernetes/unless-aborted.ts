/**
 * What `work` gives, or the signal's reason as soon as it aborts. undici heeds a signal only once it has a connection: a
 * request to where no connection comes about would wait for its connect timeout, whatever its own deadline. `work` must have
 * been given the signal too, so that it ends soon after.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
