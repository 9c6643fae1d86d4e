/** Which custom sections a rewritten module keeps. @module */

const decoder = new TextDecoder();

/** Sections that speak of places in the code, which a rewrite moves. */
const PLACES = /^(?:\.debug_|reloc\.|metadata\.code\.|compilationHints$)/;
/** Debug information that stands elsewhere, of the module as it was. */
const ELSEWHERE: ReadonlySet<string> = new Set(["sourceMappingURL", "external_debug_info"]);

/**
 * Names of functions stay, so that stack traces read well, and so does whatever a convention or a
 * compiler wrote for others; debug information goes, since it would point into the wrong places.
 */
export function keepsCustomSection(name: Uint8Array): boolean {
  const text = decoder.decode(name);
  return !PLACES.test(text) && !ELSEWHERE.has(text);
}
