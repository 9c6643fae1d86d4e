/**
 * How much a module may consist of. Everything that is done with a module before it runs takes time that
 * grows with its parts, on the thread that the whole host shares: a million exports in 7 MB kept
 * it for seconds. The counts stand at the beginning of sections, so looking at them costs nothing.
 *
 * @module
 */

import { Fault } from "../errors.ts";
import { SECTION } from "./rewrite/declarations.ts";
import { Reader } from "./rewrite/reader.ts";

/** Bytes of code: limiting 32 MiB takes a few tenths of a second. The largest interpreters have 20. */
const MAX_CODE_BYTES = 32 * 1024 * 1024;

/** Most elements of each section, and what they are called. Real modules have a tenth of them at most. */
const MAX_PARTS: { readonly [section: number]: readonly [most: number, what: string] } = {
  [SECTION.type]: [100_000, "types"],
  [SECTION.import]: [10_000, "imports"],
  [SECTION.function]: [500_000, "functions"],
  [SECTION.table]: [1_000, "tables"],
  [SECTION.global]: [200_000, "globals"],
  [SECTION.export]: [50_000, "exports"],
  [SECTION.element]: [200_000, "element segments"],
  [SECTION.data]: [100_000, "data segments"],
  [SECTION.tag]: [10_000, "tags"],
};

/** Sections in all, those with names of compilers and debuggers included. */
const MAX_SECTIONS = 10_000;

const HEADER_BYTES = 8;

/**
 * Looks at the sizes of a module that nobody has validated yet; what is malformed is left to whoever
 * validates it.
 *
 * @throws {Fault} `unsupported`.
 */
export function checkParts(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) return;
  const reader = new Reader(bytes, HEADER_BYTES);
  try {
    for (let sections = 1; !reader.done; sections++) {
      if (sections > MAX_SECTIONS) throw new TooMuch(sections, MAX_SECTIONS, "sections");
      const id = reader.byte();
      const content = reader.part(reader.u32());
      if (id === SECTION.code && content.end - content.at > MAX_CODE_BYTES) {
        throw new TooMuch(content.end - content.at, MAX_CODE_BYTES, "bytes of code");
      }
      const limit = MAX_PARTS[id];
      if (limit === undefined) continue;
      const count = content.u32();
      const [most, what] = limit;
      if (count > most) throw new TooMuch(count, most, what);
    }
  } catch (error) {
    if (error instanceof TooMuch || !(error instanceof Fault)) throw error;
  }
}

/** A module that consists of more than it may. */
class TooMuch extends Fault {
  constructor(count: number, most: number, what: string) {
    super("unsupported", `its module has ${count} ${what} where ${most} are allowed`);
  }
}
