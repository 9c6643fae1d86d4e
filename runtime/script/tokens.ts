/** A tokenizer of JavaScript good enough to skip what is not code, in linear time. @module */

/** What a token is; comments, regular expressions and template text are not reported. */
export type TokenKind = "word" | "string" | "punct" | "other";

/** Takes a token: its kind, its place in the text, and how many brackets are open around it. */
export type TokenSink = (kind: TokenKind, start: number, end: number, depth: number) => void;

/** Words after which a `/` begins a regular expression. */
const OPERATOR_WORDS: ReadonlySet<string> = new Set([
  "await",
  "case",
  "delete",
  "do",
  "else",
  "in",
  "instanceof",
  "new",
  "of",
  "return",
  "throw",
  "typeof",
  "void",
  "yield",
]);

/** Words whose parentheses are followed by a statement, hence perhaps a regular expression. */
const CONTROL_WORDS: ReadonlySet<string> = new Set(["if", "while", "for", "with"]);

/** What an open bracket is. */
const OPEN = { plain: 0, control: 1, template: 2 } as const;

/** Calls `sink` for each token of `text`, in order. Takes any text, and time in proportion to it. */
export function tokenize(text: string, sink: TokenSink): void {
  const length = text.length;
  /** What each open bracket is: a template's `${`, a control statement's `(`, or any other. */
  const open: number[] = [];
  /** Whether a `/` here would begin a regular expression. */
  let expression = true;
  let controlAhead = false;
  /** Up to here no regular expression can end; keeps failed attempts to one a line. */
  let noRegexBefore = 0;
  let at = text.startsWith("#!") ? endOfLine(text, 0) : 0;

  while (at < length) {
    const code = text.charCodeAt(at);
    if (code <= 32) {
      at++;
      continue;
    }
    if (isWordCode(code)) {
      const start = at;
      while (at < length && isWordCode(text.charCodeAt(at))) at++;
      const word = at - start <= 10 ? text.slice(start, at) : "";
      sink("word", start, at, open.length);
      expression = OPERATOR_WORDS.has(word);
      controlAhead = CONTROL_WORDS.has(word);
      continue;
    } else if (code === 34 || code === 39) {
      const start = at;
      at = endOfString(text, at);
      sink("string", start, at, open.length);
      expression = false;
    } else if (code === 96) {
      sink("other", at, at + 1, open.length);
      at = template(at + 1);
    } else if (code === 47) {
      const next = text.charCodeAt(at + 1);
      if (next === 47) {
        at = endOfLine(text, at);
      } else if (next === 42) {
        const end = text.indexOf("*/", at + 2);
        at = end < 0 ? length : end + 2;
      } else {
        at = slash(at);
      }
      continue;
    } else {
      at = punctuation(code);
    }
    controlAhead = false;
  }

  /** Skips template text from `from`; stops behind its end, or behind a `${`. */
  function template(from: number): number {
    for (let i = from; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 92) i++;
      else if (code === 96) {
        expression = false;
        return i + 1;
      } else if (code === 36 && text.charCodeAt(i + 1) === 123) {
        open.push(OPEN.template);
        expression = true;
        return i + 2;
      }
    }
    return length;
  }

  function slash(start: number): number {
    if (expression && start >= noRegexBefore) {
      const end = endOfRegex(text, start);
      if (end > 0) {
        sink("other", start, end, open.length);
        expression = false;
        return end;
      }
      noRegexBefore = endOfLine(text, start);
    }
    sink("punct", start, start + 1, open.length);
    expression = true;
    return start + 1;
  }

  function punctuation(code: number): number {
    switch (code) {
      case 40: // (
      case 91: // [
      case 123: // {
        sink("punct", at, at + 1, open.length);
        open.push(code === 40 && controlAhead ? OPEN.control : OPEN.plain);
        expression = true;
        return at + 1;
      case 41: // )
      case 93: { // ]
        const closed = open.pop();
        sink("punct", at, at + 1, open.length);
        expression = closed === OPEN.control;
        return at + 1;
      }
      case 125: // }
        if (open.pop() === OPEN.template) return template(at + 1);
        sink("punct", at, at + 1, open.length);
        expression = true;
        return at + 1;
      case 43: // ++
      case 45: // --
        if (text.charCodeAt(at + 1) === code) {
          sink("other", at, at + 2, open.length);
          return at + 2;
        }
    }
    sink("punct", at, at + 1, open.length);
    expression = true;
    return at + 1;
  }
}

function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) || code === 95 || code === 36 || code === 35 || code === 64 ||
    code === 92 || (code > 127 && code !== 0x2028 && code !== 0x2029 && code !== 0xa0);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** Behind the closing quote, or at the end of the line for a string that never closes. */
function endOfString(text: string, start: number): number {
  const quote = text.charCodeAt(start);
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === quote) return at + 1;
    else if (code === 10) return at;
  }
  return text.length;
}

/** Behind the closing slash, or -1 when the line ends first. */
function endOfRegex(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return -1;
    if (code === 92) at++;
    else if (code === 91) inClass = true;
    else if (code === 93) inClass = false;
    else if (code === 47 && !inClass) return at + 1;
  }
  return -1;
}
