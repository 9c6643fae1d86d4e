/** IP addresses: the one spelling of each, and which of them are not on the public internet. @module */

const IPV4 = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;

/**
 * The one spelling of an address: dotted decimal, or IPv6 without brackets, compressed, in lower case.
 * An IPv4 address mapped into IPv6 is the IPv4 address, as a connection to it is. `undefined` for
 * anything else.
 */
export function canonicalAddress(text: string): string | undefined {
  if (IPV4.test(text)) {
    return text.split(".").every((part) => Number(part) <= 255) ? text : undefined;
  }
  if (!text.includes(":")) return undefined;
  const parsed = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (parsed === undefined) return undefined;
  const groups = groupsOf(parsed);
  return isMapped(groups) ? embedded(groups, 6) : parsed;
}

/**
 * Whether a canonical address is on this machine, in its network, or reserved: loopback, private,
 * link-local, shared, multicast, unspecified, or where clouds answer with their secrets.
 */
export function isSpecialAddress(address: string): boolean {
  if (!address.includes(":")) return isSpecialV4(address);
  const groups = groupsOf(address);
  const [first = 0, second = 0] = groups;
  // an address that a gateway turns into an IPv4 one is that one
  if (first === 0x64 && second === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) {
    return isSpecialV4(embedded(groups, 6));
  }
  if (first === 0x2002) return isSpecialV4(embedded(groups, 1));
  // Teredo hides its IPv4 addresses, and all others outside 2000::/3 are not public
  return (first === 0x2001 && second === 0) || first < 0x2000 || first > 0x3fff;
}

/** Whether a canonical address is this machine itself. */
export function isLoopback(address: string): boolean {
  return address === "::1" || (!address.includes(":") && address.startsWith("127."));
}

/** First address and length of prefix of everything that is special in IPv4. */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // the wire server of a cloud, which tells a machine its secrets, on an address that looks public
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  // multicast, reserved and broadcast
  ["224.0.0.0", 3],
];

const RANGES_V4 = SPECIAL_V4.map(([address, bits]) => ({ start: numberOf(address), bits }));

function isSpecialV4(address: string): boolean {
  const value = numberOf(address);
  return RANGES_V4.some(({ start, bits }) => (value >>> (32 - bits)) === (start >>> (32 - bits)));
}

function numberOf(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

/** The eight groups of a compressed IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const parse = (part: string) =>
    part === "" ? [] : part.split(":").map((hex) => parseInt(hex, 16));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** `::ffff:0:0/96`. */
function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

/** The IPv4 address in two groups. */
function embedded(groups: readonly number[], at: number): string {
  const [high = 0, low = 0] = groups.slice(at, at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
