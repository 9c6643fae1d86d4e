/** Text of strangers made fit for a message: short, and with nothing in it that does not show. @module */

/** Longest quotation in a message: a manifest must not fill logs through its issues. */
const QUOTE_LIMIT = 60;

/** Control characters, direction overrides and other marks could spoof a terminal. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether every character of `text` shows. */
export function isVisible(text: string): boolean {
  return !INVISIBLE.test(text);
}

/** `text`, clipped, with every invisible character written as `\u{…}`. */
export function printable(text: string): string {
  let shown = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const piece = isVisible(character) ? character : `\\u{${code.toString(16)}}`;
    if (shown.length + piece.length > QUOTE_LIMIT) return `${shown}…`;
    shown += piece;
  }
  return shown;
}

/** A JSON value in a few words: scalars as they are, the rest by kind. */
export function show(value: unknown): string {
  if (typeof value === "string") return `"${printable(value)}"`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
