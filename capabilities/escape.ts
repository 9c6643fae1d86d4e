/** Making untrusted text safe to show: on a terminal, in a log line, on a command line. @module */

/** Control and format characters, lone surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Writes every character that could mislead a reader or steer a terminal as its code point: control
 * characters, line separators, marks that change the direction of text, invisible ones. With them text
 * could clear a screen, or forge a prompt or a log line.
 *
 * @example
 * ```ts
 * import { escapeControls } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeControls("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
 * ```
 */
export function escapeControls(text: string): string {
  return text.replace(INVISIBLE, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);
}

/** At most `limit` code units of `text`, escaped; an ellipsis tells that something is missing. */
export function excerpt(text: string, limit: number): string {
  return escapeControls(text.length > limit ? `${text.slice(0, limit - 1)}…` : text);
}

const PLAIN_WORD = /^[A-Za-z0-9_.,:\/@%+=-]+$/;

/**
 * `text` as one word of a POSIX shell's command line, so that an operator can paste it safely.
 *
 * @example
 * ```ts
 * import { shellWord } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(shellWord("net=api.example.com:443"), "net=api.example.com:443");
 * assertEquals(shellWord("net=*; rm -r ."), "'net=*; rm -r .'");
 * ```
 */
export function shellWord(text: string): string {
  if (PLAIN_WORD.test(text)) return text;
  return `'${escapeControls(text).replaceAll("'", `'\\''`)}'`;
}
