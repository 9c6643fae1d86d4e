/**
 * The job every `validate-*` extension does, in its plainest form: the host program imports this
 * function and registers it under `validate-native:validate`. Nothing to build.
 * @module
 */

/** A record that passed, with its address cleaned, or why it did not. */
export type Verdict =
  | { readonly ok: true; readonly email: string; readonly age: number }
  | { readonly ok: false; readonly error: string };

/** The oldest age taken for a person's. */
const MAX_AGE = 150;

/** Checks one record; the order of the checks decides which error is reported. */
export function validate(input: unknown): Verdict {
  if (typeof input !== "object" || input === null) return refuse("input must be an object");
  const { email, age } = input as { readonly email?: unknown; readonly age?: unknown };
  if (typeof email !== "string" || email === "") return refuse("email required");
  if (typeof age !== "number" || !(age >= 0 && age <= MAX_AGE)) return refuse("age out of range");
  const address = lowerAscii(email.trim());
  const at = address.indexOf("@");
  if (at <= 0 || at === address.length - 1) return refuse("email shape");
  if (!address.includes(".", at)) return refuse("email domain");
  return { ok: true, email: address, age };
}

function refuse(error: string): Verdict {
  return { ok: false, error };
}

/** A to Z only: what other letters lower to depends on the language of who reads them. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
