import { BlockList, isIPv6 } from "node:net";

/** Cloud metadata services live here, and what no service of anybody's lives on. */
const V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["100.100.100.200", 32],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const V6: readonly (readonly [string, number])[] = [
  ["::", 128],
  ["fe80::", 10],
  ["ff00::", 8],
  ["fd00:ec2::", 32],
];
/** IPv6 prefixes that lead to an IPv4 address in their last 32 bits. */
const MAPPED = ["::ffff:", "64:ff9b::", "::"];

function blockListOf(
  v4: readonly (readonly [string, number])[],
  v6: readonly (readonly [string, number])[],
): BlockList {
  const list = new BlockList();
  for (const [net, bits] of v4) {
    list.addSubnet(net, bits, "ipv4");
    for (const prefix of MAPPED) list.addSubnet(`${prefix}${net}`, 96 + bits, "ipv6");
  }
  for (const [net, bits] of v6) list.addSubnet(net, bits, "ipv6");
  return list;
}

const NEVER = blockListOf(V4, V6);
const LOOPBACK = blockListOf([["127.0.0.0", 8]], [["::1", 128]]);

export type AddressKind = "never" | "loopback" | "usual";

export function addressKind(address: string): AddressKind {
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (LOOPBACK.check(address, family)) return "loopback"; // before ::/96, which holds ::1
  return NEVER.check(address, family) ? "never" : "usual";
}
