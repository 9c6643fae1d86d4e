/** A TypeScript module: the host strips the types and links the import itself. Nothing to build. @module */

import { cleanAddress, flawOf } from "./email.ts";

interface Accepted {
  readonly ok: true;
  readonly email: string;
  readonly age: number;
}

interface Refused {
  readonly ok: false;
  readonly error: string;
}

/** What the host gets back, as JSON. */
export type Verdict = Accepted | Refused;

const MAX_AGE = 150;

/** Checks one record; the host calls it with the parsed payload. */
export function validate(input: unknown): Verdict {
  if (!isRecord(input)) return refuse("input must be an object");
  const { email, age } = input;
  if (typeof email !== "string" || email === "") return refuse("email required");
  if (!isAge(age)) return refuse("age out of range");
  const address = cleanAddress(email);
  const flaw = flawOf(address);
  return flaw === undefined ? { ok: true, email: address, age } : refuse(flaw);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isAge(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= MAX_AGE;
}

function refuse(error: string): Refused {
  return { ok: false, error };
}
