import { SignJWT } from "jose";
import { Pool } from "undici";
import { SECRET } from "./processes.ts";

/** Calls an Engine API endpoint as op-node does: one POST a call, a token per call, kept-alive connections. */
export class EngineCaller implements AsyncDisposable {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(url, { connections: 2, pipelining: 1, keepAliveTimeout: 60_000 });
  }

  async call(body: Buffer, token: string): Promise<Buffer> {
    const response = await this.#pool.request({
      path: "/",
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
    });
    const answer = Buffer.from(await response.body.arrayBuffer());
    if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}: ${answer.toString().slice(0, 200)}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Makes tokens no one has seen before, as a new second brings one: the bench would flatter with tokens seen before. */
export function freshTokens(): () => Promise<string> {
  let unique = 0;
  return () =>
    new SignJWT({ bench: unique++ })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt()
      .sign(Buffer.from(SECRET, "hex"));
}
