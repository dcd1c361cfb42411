import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type Pair = { readonly client: Socket; readonly upstream: Socket };

/** A TCP port that passes bytes on to another one, and what a network may do to them. */
export class TcpGate implements AsyncDisposable {
  /** Connections accepted since the start. */
  accepted = 0;
  readonly #upstreamPort: number;
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #port = 0;
  #isSilent = false;

  constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Listens, after `refuse` on the same port again. */
  async accept(): Promise<void> {
    this.#server = createServer((client) => this.#join(client));
    await once(this.#server.listen(this.#port, "127.0.0.1"), "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Resets every connection. */
  reset(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  }

  /** As if no process listened: connections are reset, new ones refused. */
  async refuse(): Promise<void> {
    const closed = this.#server === undefined ? undefined : once(this.#server.close(), "close");
    this.reset();
    await closed;
  }

  /**
   * Lets no byte through any more on the connections there are, and closes none: not even that one side has left is seen.
   * New ones are none the worse for it. The answer forgets the frozen ones.
   */
  freeze(): () => void {
    const frozen = [...this.#pairs];
    for (const { client, upstream } of frozen) {
      client.unpipe(upstream).pause();
      upstream.unpipe(client).pause();
    }
    return () => {
      for (const { client, upstream } of frozen) {
        client.destroy();
        upstream.destroy();
      }
    };
  }

  /** As `freeze`, and new connections are taken and stay without a byte too. The answer forgets all of them. */
  silence(): () => void {
    this.#isSilent = true;
    this.freeze();
    return () => {
      this.#isSilent = false;
      this.reset();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
  }

  #join(client: Socket): void {
    this.accepted += 1;
    const upstream = connect(this.#upstreamPort, "127.0.0.1");
    const pair = { client, upstream };
    this.#pairs.add(pair);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    if (!this.#isSilent) client.pipe(upstream).pipe(client);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.once("close", end).on("error", end);
  }
}
