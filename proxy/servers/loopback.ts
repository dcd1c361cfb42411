import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether who reaches a server on this address is on the same machine, or in the same pod. Of names only `localhost` is, as
 * any other may resolve to anything.
 */
export function isLoopback(host: string): boolean {
  switch (isIP(host)) {
    case 4:
      return LOOPBACK.check(host, "ipv4");
    case 6:
      return LOOPBACK.check(host, "ipv6");
    default:
      return host.toLowerCase() === "localhost";
  }
}
