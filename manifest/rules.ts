/** What the strings of a manifest must look like, as data for the parser and the schema alike. @module */

import { readAsAscii } from "./lookalikes.ts";

/** One pattern that a string must match, or must not. */
export interface Test {
  /** A regular expression with the `u` flag, as JSON Schema has it. */
  readonly pattern: string;
  /** Whether a match is right or wrong. */
  readonly want: boolean;
  /** What to say when it is not so. */
  readonly message: string;
}

/** What one kind of string must look like. Tests are tried in order; the first that fails speaks. */
export interface Rule {
  /** Fewest characters. */
  readonly minLength: number;
  /** Most characters: no string may swamp a table, a log or a path. */
  readonly maxLength: number;
  readonly tests: readonly Test[];
  /** Whether another Unicode form of the same text is refused; a schema cannot say this. */
  readonly nfc?: boolean;
  /** What may have been meant; suggested only if it keeps the rule. */
  readonly repair?: (text: string) => string;
}

/** A path longer than this opens nowhere. */
const PATH_LENGTH = 1024;
const LABEL_LENGTH = 128;
const CAPABILITY_LENGTH = 64;

const visible: Test = {
  // A line break or a direction override in a name could forge a line of a log or of a prompt; a
  // soft hyphen or a zero-width space makes two names that look the same.
  pattern: "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]",
  want: false,
  message: "must not contain characters that do not show",
};
const trimmed: Test = {
  pattern: "^\\s|\\s$",
  want: false,
  message: "must not begin or end with a space",
};

/** A short free text, like a version or the name of an engine. */
export const label: Rule = { minLength: 1, maxLength: LABEL_LENGTH, tests: [visible] };

/** Any text, and none. */
export const prose: Rule = { minLength: 0, maxLength: 4096, tests: [] };

/** The name of a function: anything but nothing. */
export const functionName: Rule = { minLength: 1, maxLength: 256, tests: [] };

/** The name of an extension: it becomes a key, a row of a table and a part of a path. */
export const extensionName: Rule = {
  minLength: 1,
  maxLength: LABEL_LENGTH,
  nfc: true,
  tests: [
    visible,
    { pattern: "[/\\\\]", want: false, message: 'must not contain "/" or "\\"' },
    { pattern: "\\.\\.", want: false, message: 'must not contain ".."' },
    { pattern: "^\\.", want: false, message: "must not begin with a dot" },
    trimmed,
    {
      pattern: "^(?:__proto__|constructor|prototype)$",
      want: false,
      message: "must not be a name that every JavaScript object knows",
    },
  ],
  repair: (text) => text.trim().normalize("NFC"),
};

/** The path of a file inside the extension's directory; empty for none. */
export const modulePath: Rule = {
  minLength: 0,
  maxLength: PATH_LENGTH,
  tests: [
    { pattern: "\\p{Cc}", want: false, message: "must not contain control characters" },
    { pattern: "\\\\", want: false, message: 'must have "/" between its parts, not "\\"' },
    { pattern: "^/", want: false, message: "must be relative to the extension's directory" },
    {
      // "https://…", "C:…" and the "file:stream" of NTFS.
      pattern: ":",
      want: false,
      message: 'must not contain ":", as it must be a file in the extension\'s directory',
    },
    {
      // Windows drops dots and spaces at the end of a name, so ".. " climbs there as well.
      pattern: "(?:^|/)[. ]*\\.\\.[. ]*(?:/|$)",
      want: false,
      message: "must not leave the extension's directory",
    },
    { pattern: "^\\.$|/\\.?$", want: false, message: "must be a file, not a directory" },
  ],
  repair: (text) => text.replaceAll("\\", "/"),
};

/** The method of a route. */
export const routeMethod: Rule = {
  minLength: 1,
  maxLength: 32,
  tests: [{
    pattern: "^[A-Z][A-Z0-9!#$%&'*+.^_`|~\\-]*$",
    want: true,
    message: "must be a method in capital letters",
  }],
  repair: (text) => text.trim().toUpperCase(),
};

/** The path of a route; the capabilities that serve check it again, segment by segment. */
export const routePath: Rule = {
  minLength: 1,
  maxLength: PATH_LENGTH,
  tests: [
    { pattern: "^/", want: true, message: 'must begin with "/"' },
    {
      pattern: "[\\p{C}\\p{Zl}\\p{Zp}\\s?#\\\\]",
      want: false,
      message: "must contain no spaces, control characters, ?, # or \\",
    },
    {
      pattern: "/:(?![A-Za-z_][A-Za-z0-9_]*(?:/|$))",
      want: false,
      message: "must name its parameters like :id",
    },
    {
      pattern: "/(?:\\.|%2[Ee]){1,2}(?:/|$)",
      want: false,
      message: "must not have segments that URLs leave out",
    },
  ],
};

/** The name of a capability, or an alias of one. */
export const capabilityName: Rule = {
  minLength: 1,
  maxLength: CAPABILITY_LENGTH,
  tests: [
    {
      pattern: "[^\\x00-\\x7f]",
      want: false,
      message: "must be plain ASCII, as other letters may only look like it",
    },
    trimmed,
    {
      pattern: "^[a-z][a-z0-9]*(?:[._:\\-][a-z0-9]+)*$",
      want: true,
      message: 'must be lower-case words joined by ".", "_", ":" or "-"',
    },
  ],
  repair: readAsAscii,
};

/** A hash of a file, in the forms of Subresource Integrity or in hexadecimal; empty for none. */
export const integrity: Rule = {
  minLength: 0,
  maxLength: 256,
  tests: [{
    // The last letter before "=" carries two or four bits that must be zero.
    pattern: "^(?:|[0-9A-Fa-f]{64}" +
      "|sha256-(?:[0-9A-Fa-f]{64}|[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)" +
      "|sha384-(?:[0-9A-Fa-f]{96}|[A-Za-z0-9+/]{64})" +
      "|sha512-(?:[0-9A-Fa-f]{128}|[A-Za-z0-9+/]{85}[AQgw]==))$",
    want: true,
    message: 'must be "sha256-", "sha384-" or "sha512-" and a whole hash in base64 or ' +
      "hexadecimal, or 64 hexadecimal digits",
  }],
  repair: (text) => text.trim().replace(/^sha-?(256|384|512)[-:]/i, "sha$1-"),
};

/** Finds what is wrong with `text`, or `undefined`. */
export function brokenRule(rule: Rule, text: string): string | undefined {
  // Lengths are counted in characters, as JSON Schema does; code units are the cheap upper bound.
  const length = text.length > 2 * rule.maxLength ? text.length : Array.from(text).length;
  if (length < rule.minLength) return "must not be empty";
  if (length > rule.maxLength) return `must have at most ${rule.maxLength} characters`;
  for (const { pattern, want, message } of rule.tests) {
    const match = new RegExp(pattern, "u").exec(text);
    if ((match !== null) === want) continue;
    return message + (want ? "" : pointOut(match?.[0] ?? ""));
  }
  if (rule.nfc && text.normalize("NFC") !== text) return "must be in Unicode normal form NFC";
  return undefined;
}

/** Names a character that a reader would not see, or would take for another. */
function pointOut(match: string): string {
  const code = match.codePointAt(0) ?? 0;
  if (Array.from(match).length !== 1 || (code >= 0x20 && code < 0x7f)) return "";
  return ` (it has U+${code.toString(16).toUpperCase().padStart(4, "0")})`;
}
