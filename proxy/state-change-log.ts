import type { Logger } from "pino";
import type { Observed, StateChange } from "./health/state-change.ts";

/** One log line for each change of state. Reasons are our own words and error codes: no address, no secret. */
export const stateChangeLog =
  (log: Pick<Logger, "info" | "warn" | "error">) =>
  (observed: Observed): void => {
    const fields = fieldsOf(observed.change);
    const to = observed.change.to.state;
    switch (observed.subject) {
      case "execution_client":
        if (to === "unusable") log.error(fields, "execution client unusable");
        else log.info(fields, "execution client usable again");
        return;
      case "builder":
        log[to === "healthy" ? "info" : "warn"]({ builder: observed.name, ...fields }, "builder state changed");
        return;
      case "leadership":
        log[to === "unknown" ? "warn" : "info"](fields, "leadership changed");
    }
  };

function fieldsOf({ from, to, changes }: StateChange<string>) {
  return {
    from: from.state,
    fromSince: iso(from.sinceMs),
    to: to.state,
    since: iso(to.sinceMs),
    ...(to.reason === undefined ? {} : { detail: to.reason }),
    ...(changes > 1 ? { changes } : {}),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
