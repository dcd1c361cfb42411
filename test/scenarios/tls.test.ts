import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { selfSigned } from "../kubernetes/faults/self-signed.ts";
import { call, post } from "./http-calls.ts";
import { startWorld } from "./world.ts";

/** TLS in front of a plain port, as a load balancer does it. */
async function tlsInFrontOf(url: string) {
  const identity = selfSigned();
  const server = createServer(identity, (secure) => {
    const plain = connect(Number(new URL(url).port), "127.0.0.1");
    for (const socket of [secure, plain]) socket.on("error", () => {});
    secure.pipe(plain).pipe(secure);
    secure.on("close", () => plain.destroy());
    sockets.add(secure);
  });
  const sockets = new Set<{ destroy: () => unknown }>();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    cert: identity.cert,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("execution client and builder behind TLS of a CA of their own: caFile names it, and a changed file is taken", async () => {
  await using world = await startWorld();
  const [builder] = world.config().builders;
  if (builder === undefined) throw new Error("one builder");
  await using engine = await tlsInFrontOf(world.executionClient.engineUrl);
  await using rpc = await tlsInFrontOf(world.executionClient.rpcUrl);
  await using building = await tlsInFrontOf(world.builder.engineUrl);
  const at = (file: string): string => join(world.dir, file);
  await writeFile(at("own-ca.pem"), engine.cert);
  await writeFile(at("builder-ca.pem"), "not a certificate");
  const { executionClient } = world.config();
  await world.push({
    executionClient: { ...executionClient, url: engine.url, rpcUrl: rpc.url, caFile: "own-ca.pem" },
    builders: [{ ...builder, url: building.url, caFile: "builder-ca.pem" }],
  });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  await until("the bad file, named", async () =>
    (await world.status()).builders[0]?.reason?.includes("builder-ca.pem: holds no certificate") ? true : undefined,
  );
  const refused = (await post(world.urls.rpc, call("eth_chainId"))).text;
  expect(refused).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");

  await writeFile(at("own-ca.pem"), engine.cert + rpc.cert);
  await writeFile(at("builder-ca.pem"), building.cert);
  world.builder.peerWith(world.executionClient);
  expect((await world.builderBlock()).builtBy).toBe("rbuilder");
});
