import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { call, post } from "./http-calls.ts";
import { argumentsFor, listening, spawnProxy } from "./proxy-process.ts";
import { startWorld } from "./world.ts";

/** What is read of each, less than a MiB in length, would fill the proxy's heap were it kept. */
const CALLS = 40;
const VALUES = 240_000;

test.each([
  ["numbers", 1],
  ["objects", { a: 1 }],
])(
  "calls without a token that are made of countless %s exhaust no heap, also while the execution client hangs",
  async (_, value) => {
    await using world = await startWorld();
    await using proxy = spawnProxy(argumentsFor(world.dir));
    const ports = await listening(world.dir);
    const rpc = `http://127.0.0.1:${ports.rpc}`;
    world.executionClient.fault("eth_call", { hang: true });
    const hostile = call("eth_call", [new Array(VALUES).fill(value)]);
    let answered = 0;
    const posted = Array.from({ length: CALLS }, () =>
      post(rpc, hostile).then(
        () => {
          answered += 1;
        },
        () => undefined,
      ),
    );
    await until("all calls to be refused, or to hang at the execution client", () =>
      answered + world.executionClient.calls("eth_call").length === CALLS ? true : undefined,
    );
    expect((await post(rpc, call("eth_chainId"))).status).toBe(200);
    proxy.signal("SIGKILL");
    await Promise.all(posted);
  },
);
