/*
 * A strict JSON reader (RFC 8259, nothing more) that keeps two members of an object and only checks
 * the rest. Text stays UTF-8 where it lies; nothing is allocated.
 */

import { decode, isUtf8 } from "./text";

export const enum Kind {
  None,
  String,
  Number,
  Literal,
  Array,
  Object,
}

/** One value of the document, as a place in the payload. */
@unmanaged
export class Value {
  kind: Kind;
  /** A string has a backslash somewhere. */
  escaped: bool;
  /** Of a string: behind its opening quote. Of a number: its first byte. */
  start: usize;
  /** Of a string: its closing quote. Of a number: behind its last byte. */
  end: usize;
}

/** The members wanted; `Kind.None` when absent; of several the last. */
export const email = changetype<Value>(memory.data(offsetof<Value>(), 4));
export const age = changetype<Value>(memory.data(offsetof<Value>(), 4));

const top = changetype<Value>(memory.data(offsetof<Value>(), 4));
const key = changetype<Value>(memory.data(offsetof<Value>(), 4));
const ignored = changetype<Value>(memory.data(offsetof<Value>(), 4));

/** Stops a payload of nothing but brackets from costing more memory than this, one byte a level. */
const MAX_DEPTH = 1000;

/** Of each open container: whether it is an object. */
const containers = memory.data(MAX_DEPTH);
let depth: i32 = 0;

/** The longest form of a wanted name: five letters, each as \uXXXX. */
const LONGEST_KEY = 6 * 5;
const plainKey = memory.data(LONGEST_KEY);

let at: usize = 0;
let end: usize = 0;

/** Reads the payload; false when it is not UTF-8, not JSON, or neither object nor array. */
export function readRecord(pointer: usize, length: i32): bool {
  at = pointer;
  end = pointer + length;
  email.kind = Kind.None;
  age.kind = Kind.None;
  if (!isUtf8(at, end) || !readDocument()) return false;
  skipSpace();
  return at == end && (top.kind == Kind.Object || top.kind == Kind.Array);
}

/** The byte here; 0, which JSON has no use for, at the end. */
function peek(): u32 {
  return at < end ? load<u8>(at) : 0;
}

function take(byte: u32): bool {
  if (peek() != byte) return false;
  at++;
  return true;
}

function skipSpace(): void {
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 10 && byte != 13 && byte != 9) return;
  }
}

/** Reads any value into `top`, its wanted members beside. No recursion: a guest's stack is small. */
function readDocument(): bool {
  depth = 0;
  let target = top;
  while (true) {
    skipSpace();
    const byte = peek();
    if (byte == 0x7b || byte == 0x5b) {
      if (depth == MAX_DEPTH) return false;
      at++;
      target.kind = byte == 0x7b ? Kind.Object : Kind.Array;
      store<bool>(containers + depth, byte == 0x7b);
      skipSpace();
      // The closing bracket is the byte after the next, in both cases.
      if (take(byte + 2)) {
        if (!closeContainers()) return false;
      } else {
        depth++;
      }
    } else if (!readScalar(target) || !closeContainers()) {
      return false;
    }
    if (!depth) return true;
    target = ignored;
    if (!load<bool>(containers + depth - 1)) continue;
    skipSpace();
    if (!take(0x22) || !readString(key)) return false;
    skipSpace();
    if (!take(0x3a)) return false;
    if (depth == 1) target = wanted();
  }
}

/** Behind a value: takes the brackets that end here, and the comma before the next value. */
function closeContainers(): bool {
  while (depth) {
    skipSpace();
    if (take(0x2c)) return true;
    if (!take(load<bool>(containers + depth - 1) ? 0x7d : 0x5d)) return false;
    depth--;
  }
  return true;
}

/** Where the value of the key just read goes; a key may be written with escapes, too. */
function wanted(): Value {
  let start = key.start;
  let length = key.end - start;
  if (length > <usize> LONGEST_KEY) return ignored;
  if (key.escaped) {
    length = decode(start, key.end, plainKey) - plainKey;
    start = plainKey;
  }
  if (length == 5 && load<u32>(start) == 0x69616d65 && load<u8>(start, 4) == 0x6c) return email;
  if (length == 3 && load<u16>(start) == 0x6761 && load<u8>(start, 2) == 0x65) return age;
  return ignored;
}

function readScalar(into: Value): bool {
  switch (peek()) {
    case 0x22:
      at++;
      return readString(into);
    case 0x74:
      return readLiteral(into, 0x65757274, 0);
    case 0x66:
      return readLiteral(into, 0x736c6166, 0x65);
    case 0x6e:
      return readLiteral(into, 0x6c6c756e, 0);
    default:
      return readNumber(into);
  }
}

/** A word of four letters, or five with `last`. */
function readLiteral(into: Value, word: u32, last: u32): bool {
  if (end - at < 4 || load<u32>(at) != word) return false;
  at += 4;
  into.kind = Kind.Literal;
  return last == 0 || take(last);
}

/** The opening quote is taken already. */
function readString(into: Value): bool {
  into.kind = Kind.String;
  into.escaped = false;
  into.start = at;
  while (true) {
    const byte = peek();
    if (byte < 0x20) return false; // the end, or a control character that must be escaped
    at++;
    if (byte == 0x22) break;
    if (byte != 0x5c) continue;
    into.escaped = true;
    switch (peek()) {
      case 0x22:
      case 0x5c:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        at++;
        break;
      case 0x75:
        at++;
        for (let i = 0; i < 4; i++, at++) {
          const digit = peek();
          if (digit - 0x30 >= 10 && (digit | 32) - 0x61 >= 6) return false;
        }
        break;
      default:
        return false;
    }
  }
  into.end = at - 1;
  return true;
}

function readNumber(into: Value): bool {
  into.kind = Kind.Number;
  into.start = at;
  take(0x2d);
  if (!take(0x30) && !digits()) return false;
  if (take(0x2e) && !digits()) return false;
  if ((peek() | 32) == 0x65) {
    at++;
    if (!take(0x2b)) take(0x2d);
    if (!digits()) return false;
  }
  into.end = at;
  return true;
}

function digits(): bool {
  const start = at;
  while (peek() - 0x30 < 10) at++;
  return at > start;
}
