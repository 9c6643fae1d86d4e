/** What an e-mail address must look like, and nothing else. @module */

/** What may be wrong with an address. */
export type AddressFlaw = "email shape" | "email domain";

/** Drops the white space around an address and lowers its letters A to Z. */
export function cleanAddress(address: string): string {
  return address.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The first flaw of a clean address, or nothing. */
export function flawOf(address: string): AddressFlaw | undefined {
  const at = address.indexOf("@");
  if (at <= 0 || at === address.length - 1) return "email shape";
  return address.includes(".", at) ? undefined : "email domain";
}
