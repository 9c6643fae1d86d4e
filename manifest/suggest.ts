/** Finds the word that somebody probably meant. @module */

/** Longer words are not compared: the comparison takes time by the square of their length. */
const LONGEST = 64;

/** A beginning this long counts as an abbreviation: `memory` for `memoryBytes`. */
const ABBREVIATION = 4;

/**
 * The candidate closest to `word`, or `undefined` when none is close: fewer than a third of the
 * letters may differ (a swapped pair counts once). Case, `_` and `-` do not count.
 *
 * @param word What was written.
 * @param candidates What could have been meant; of equally close ones the first wins.
 * @returns One of `candidates`, never `word` itself.
 *
 * @example
 * ```ts
 * import { closest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(closest("mdoule", ["name", "module"]), "module");
 * assertEquals(closest("banana", ["name", "module"]), undefined);
 * ```
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  const folded = fold(word);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > LONGEST) continue;
    const distance = between(folded, fold(candidate));
    const allowed = Math.floor(Math.max(word.length, candidate.length) / 3);
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, "");
}

function between(word: string, candidate: string): number {
  if (word.length >= ABBREVIATION && candidate.startsWith(word) && candidate !== word) return 1;
  return damerauLevenshtein(word, candidate);
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function damerauLevenshtein(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(Math.min(
        at(current, column - 1) + 1,
        at(last, column) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : Infinity,
      ));
    }
    before = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
