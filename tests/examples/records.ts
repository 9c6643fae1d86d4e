/** Payloads for the `validate` examples, and the answer each must give. @module */

import { validate, type Verdict } from "../../examples/extensions/validate-native/validate.ts";

/** One payload and what `validate` says to it. */
export interface ValidateCase {
  /** What is special about the payload. */
  readonly about: string;
  readonly payload: string | Uint8Array<ArrayBuffer>;
  /** The whole result. */
  readonly result: string;
}

const NO_OBJECT = '{"ok":false,"error":"input must be an object"}';
const NO_EMAIL = '{"ok":false,"error":"email required"}';
const BAD_AGE = '{"ok":false,"error":"age out of range"}';
const BAD_SHAPE = '{"ok":false,"error":"email shape"}';
const BAD_DOMAIN = '{"ok":false,"error":"email domain"}';

/** A good answer: `email` and `age` as they stand in JSON text. */
function good(email: string, age: string): string {
  return `{"ok":true,"email":${email},"age":${age}}`;
}

function aged(age: string): string {
  return `{"email":"a@b.c","age":${age}}`;
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

/** Payloads that every `validate-*` extension answers alike. */
export const JSON_CASES: readonly ValidateCase[] = [
  ["good", '{"email":"Foo@Example.COM ","age":25}', good('"foo@example.com"', "25")],
  ["null", "null", NO_OBJECT],
  ["a number", "12", NO_OBJECT],
  ["a string", '"a@b.c"', NO_OBJECT],
  ["an array", '[{"email":"a@b.c","age":1}]', NO_EMAIL],
  ["an empty object", "{}", NO_EMAIL],
  ["no e-mail", '{"age":25}', NO_EMAIL],
  ["an empty e-mail", '{"email":"","age":25}', NO_EMAIL],
  ["an e-mail that is no text", '{"email":["a@b.c"],"age":25}', NO_EMAIL],
  ["no e-mail before no age", '{"email":5,"age":-1}', NO_EMAIL],
  ["no age", '{"email":"a@b.c"}', BAD_AGE],
  ["an age that is no number", aged('"25"'), BAD_AGE],
  ["a negative age", aged("-0.5"), BAD_AGE],
  ["an age just too high", aged("150.00000000000003"), BAD_AGE],
  ["a huge age", aged("1e400"), BAD_AGE],
  ["a wrong age before a wrong shape", '{"email":"ab","age":151}', BAD_AGE],
  ["no @", '{"email":"ab.c","age":25}', BAD_SHAPE],
  ["@ first", '{"email":"@b.c","age":25}', BAD_SHAPE],
  ["@ last", '{"email":"a.b@ ","age":25}', BAD_SHAPE],
  ["nothing but white space", '{"email":" \\t","age":25}', BAD_SHAPE],
  ["no dot in the domain", '{"email":"a.b@c","age":25}', BAD_DOMAIN],
  ["several @", '{"email":"a@b@c.d","age":25}', good('"a@b@c.d"', "25")],
  ["the oldest age", aged("150"), good('"a@b.c"', "150")],
  ["a fractional age", aged("36.60"), good('"a@b.c"', "36.6")],
  ["an age with an exponent", aged("2.50E+1"), good('"a@b.c"', "25")],
  ["a tiny age", aged("0.00000015"), good('"a@b.c"', "1.5e-7")],
  ["minus zero", aged("-0.0"), good('"a@b.c"', "0")],
  ["the smallest double", aged("4.9e-324"), good('"a@b.c"', "5e-324")],
  ["too small for a double", aged("1e-400"), good('"a@b.c"', "0")],
  [
    "more digits than a double has",
    aged("36.600000000000001421085471520200371742248535156"),
    good('"a@b.c"', "36.6"),
  ],
  [
    "half-way between two doubles",
    aged("2.98023223876953125e-8"),
    good('"a@b.c"', "2.9802322387695312e-8"),
  ],
  ["escaped letters", '{"email":"\\u0041\\/B@C.d","age":1}', good('"a/b@c.d"', "1")],
  ["escaped keys", '{"em\\u0061il":"a@b.c","\\u0061ge":1}', good('"a@b.c"', "1")],
  [
    "characters that must be escaped again",
    '{"email":"\\"\\\\\\b\\f\\n\\r\\t\\u001f\\u007f@b.c","age":1}',
    good('"\\"\\\\\\b\\f\\n\\r\\t\\u001f\u007f@b.c"', "1"),
  ],
  ["a surrogate pair", '{"email":"\\ud83d\\ude00@b.c","age":1}', good('"😀@b.c"', "1")],
  ["letters beyond ASCII keep their case", '{"email":"ÄÉ@Ö.C","age":1}', good('"ÄÉ@Ö.c"', "1")],
  ["nothing else is escaped", '{"email":"<&>\u2028@b.c","age":1}', good('"<&>\u2028@b.c"', "1")],
  [
    "white space of Unicode",
    '{"email":"\\ufeff\\u00a0\\u1680\u3000a@b.c\\u2028\\u2003\\u205f\\v","age":1}'.replace(
      "\\v",
      "\\u000b",
    ),
    good('"a@b.c"', "1"),
  ],
  [
    "what only looks like white space",
    '{"email":"\\u0085a@b.c\\u200b","age":1}',
    good('"\u0085a@b.c\u200b"', "1"),
  ],
  ["white space of JSON", ' \r\n\t{ "email" : "a@b.c" , "age" : 3 } \n', good('"a@b.c"', "3")],
  [
    "the last of several keys",
    '{"email":7,"age":200,"age":4,"email":"a@b.c"}',
    good('"a@b.c"', "4"),
  ],
  ["a last key that is worse", '{"email":"a@b.c","age":4,"email":null}', NO_EMAIL],
  ["another order of keys", '{"age":5,"email":"a@b.c"}', good('"a@b.c"', "5")],
  ["keys in another case", '{"Email":"a@b.c","AGE":5}', NO_EMAIL],
  [
    "members inside others",
    '{"x":{"email":"q","age":9},"email":"a@b.c","y":[1,{"age":-5},[[]],{},"]}"],"age":7,"z":true}',
    good('"a@b.c"', "7"),
  ],
  ["a thousand levels", nested(1000), NO_EMAIL],
  [
    "a long value beside",
    `{"email":"a@b.c","x":"${"é".repeat(50_000)}","age":1}`,
    good('"a@b.c"', "1"),
  ],
].map(toCase);

/** Payloads that only a guest that reads bytes gets to see: a script's host refuses them. */
export const BYTE_CASES: readonly ValidateCase[] = [
  ["nothing", "", NO_OBJECT],
  ["no JSON", "hello", NO_OBJECT],
  ["half an object", '{"email":"a@b.c","age":25', NO_OBJECT],
  ["something behind", '{"email":"a@b.c","age":25}}', NO_OBJECT],
  ["a trailing comma", '{"email":"a@b.c","age":25,}', NO_OBJECT],
  ["brackets that do not match", '{"x":[1}]', NO_OBJECT],
  ["a leading zero", aged("025"), NO_OBJECT],
  ["a bare fraction", aged("1."), NO_OBJECT],
  ["a bare exponent", aged("1e"), NO_OBJECT],
  ["not a number", aged("NaN"), NO_OBJECT],
  ["a bare control character", '{"email":"a\tb@c.d","age":1}', NO_OBJECT],
  ["an unknown escape", '{"email":"\\x41@b.c","age":1}', NO_OBJECT],
  ["half an escape", '{"email":"a@b.c\\u12', NO_OBJECT],
  ["a byte order mark", '\ufeff{"email":"a@b.c","age":1}', NO_OBJECT],
  ["half a surrogate pair", '{"email":"\\ud83dx@b.c","age":1}', good('"\ufffdx@b.c"', "1")],
  ["bytes that are not UTF-8", new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]), NO_OBJECT],
  ["an overlong form", new Uint8Array([0x5b, 0x22, 0xc0, 0x80, 0x22, 0x5d]), NO_OBJECT],
  ["a surrogate in UTF-8", new Uint8Array([0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d]), NO_OBJECT],
  ["a character cut off", new Uint8Array([0x22, 0xe2, 0x82]), NO_OBJECT],
  ["too many levels", nested(1001), NO_OBJECT],
  ["far too many levels", "[".repeat(200_000), NO_OBJECT],
].map(toCase);

/** What the native function says to `text`, as JSON. */
export function reference(text: string): string {
  const verdict: Verdict = validate(JSON.parse(text));
  return JSON.stringify(verdict);
}

function toCase(row: (string | Uint8Array<ArrayBuffer>)[]): ValidateCase {
  const [about, payload, result] = row;
  if (typeof about !== "string" || payload === undefined || typeof result !== "string") {
    throw new TypeError("Cannot make a case of an incomplete row");
  }
  return { about, payload, result };
}
