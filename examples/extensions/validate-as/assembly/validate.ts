/*
 * Checks a sign-up record: JSON in, JSON out, over the base ABI.
 *
 *   {"email":"Foo@Example.COM ","age":25}  ->  {"ok":true,"email":"foo@example.com","age":25}
 *
 * Build: deno run -A tools/build_guests.ts validate-as   (npm assemblyscript 0.28.20)
 *
 * Runtime `minimal`: its allocator really frees, so that memory stays flat over any number of
 * calls. `stub` would not do: it only takes the newest block back, and the host frees a call's
 * input before its newer result. Nothing here is garbage-collected (bytes are read and written
 * where they lie), so of that runtime only the allocator ends up in the module.
 */

import { age, email, Kind, readRecord } from "./json";
import { parseAge, writeNumber } from "./number";
import { decode } from "./text";

/** Room for what surrounds an address in an accepted record, the age included. */
const FRAME = 64;

/** Where the next byte of the result goes. */
let out: usize = 0;

export function __base_alloc(size: i32): usize {
  return heap.alloc(size);
}

export function __base_free(pointer: usize, _size: i32): void {
  heap.free(pointer);
}

/** Pointer in the upper half of the result, length in the lower. */
export function validate(pointer: usize, length: i32): i64 {
  if (!readRecord(pointer, length)) return refuse("input must be an object");
  if (email.kind != Kind.String || email.start == email.end) return refuse("email required");
  if (!email.escaped) return judge(email.start, email.end);
  const decoded = heap.alloc(email.end - email.start);
  const verdict = judge(decoded, decode(email.start, email.end, decoded));
  heap.free(decoded);
  return verdict;
}

function judge(start: usize, end: usize): i64 {
  if (age.kind != Kind.Number || !parseAge(age.start, age.end)) return refuse("age out of range");
  while (start < end) {
    const width = spaceAt(start, end);
    if (!width) break;
    start += width;
  }
  end = withoutTrailingSpace(start, end);
  const at = find(start, end, 0x40);
  if (at == end || at == start || at == end - 1) return refuse("email shape");
  if (find(at, end, 0x2e) == end) return refuse("email domain");

  const result = heap.alloc(writtenLength(start, end) + FRAME);
  out = result;
  put('{"ok":true,"email":"');
  putLowered(start, end);
  put('","age":');
  out = writeNumber(out);
  put("}");
  return packed(result);
}

function refuse(error: string): i64 {
  const result = heap.alloc(FRAME);
  out = result;
  put('{"ok":false,"error":"');
  put(error);
  put('"}');
  return packed(result);
}

function packed(start: usize): i64 {
  return ((<i64> start) << 32) | <i64> (out - start);
}

/** ASCII only: one byte of each of the string's two-byte units. */
function put(text: string): void {
  const units = changetype<usize>(text);
  for (let i = 0, length = text.length; i < length; i++) {
    store<u8>(out++, load<u8>(units + (<usize> i << 1)));
  }
}

/** The letter after the backslash for what JSON writes in two characters; 0 for the rest. */
function shortEscape(byte: u8): u8 {
  if (byte == 0x22 || byte == 0x5c) return byte;
  if (byte >= 0x20) return 0;
  switch (byte) {
    case 8:
      return 0x62;
    case 9:
      return 0x74;
    case 10:
      return 0x6e;
    case 12:
      return 0x66;
    case 13:
      return 0x72;
    default:
      return 0;
  }
}

function writtenLength(start: usize, end: usize): usize {
  let total: usize = 0;
  for (; start < end; start++) {
    const byte = load<u8>(start);
    total += shortEscape(byte) ? 2 : byte < 0x20 ? 6 : 1;
  }
  return total;
}

/** Writes text with its letters A to Z lowered. */
function putLowered(start: usize, end: usize): void {
  for (; start < end; start++) {
    const byte = load<u8>(start);
    const letter = shortEscape(byte);
    if (letter) {
      store<u8>(out++, 0x5c);
      store<u8>(out++, letter);
    } else if (byte < 0x20) {
      put("\\u00");
      const low = byte & 15;
      store<u8>(out++, 0x30 + (byte >> 4));
      store<u8>(out++, low < 10 ? 0x30 + low : 0x57 + low);
    } else {
      store<u8>(out++, byte - 0x41 < 26 ? byte + 32 : byte);
    }
  }
}

/** Bytes of the white space that starts here (what JavaScript's trim drops), or 0. */
function spaceAt(start: usize, end: usize): usize {
  const a = load<u8>(start);
  if (a == 0x20 || a - 9 < 5) return 1;
  if (a < 0x80 || end - start < 2) return 0;
  const b = load<u8>(start, 1);
  if (a == 0xc2) return b == 0xa0 ? 2 : 0;
  if (end - start < 3) return 0;
  const c = load<u8>(start, 2);
  switch ((<u32> a << 16) | (<u32> b << 8) | c) {
    case 0xe19a80:
    case 0xe280a8:
    case 0xe280a9:
    case 0xe280af:
    case 0xe2819f:
    case 0xe38080:
    case 0xefbbbf:
      return 3;
    default:
      return a == 0xe2 && b == 0x80 && c - 0x80 <= 0x0a ? 3 : 0;
  }
}

function withoutTrailingSpace(start: usize, end: usize): usize {
  while (true) {
    const length = end - start;
    if (length >= 1 && spaceAt(end - 1, end) == 1) end -= 1;
    else if (length >= 2 && spaceAt(end - 2, end) == 2) end -= 2;
    else if (length >= 3 && spaceAt(end - 3, end) == 3) end -= 3;
    else return end;
  }
}

/** Where the byte stands first; the end when it is missing. */
function find(start: usize, end: usize, byte: u8): usize {
  while (start < end && load<u8>(start) != byte) start++;
  return start;
}
