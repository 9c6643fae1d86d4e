/*
 * Numbers as JavaScript reads and writes them, from text to text: JSON's numbers mean doubles, so
 * 0.1000000000000000055 is 0.1 and 2.50e1 is 25. Up to fifteen digits name a double of their own
 * and only need tidying; more are rounded exactly, with big integers (Steele and White's
 * free-format printing behind a long division). The language's own parseFloat and toString are
 * close, not exact.
 */

import {
  BIG_BYTES,
  bitLength,
  compare,
  compareSum,
  multiplyAdd,
  set,
  shiftLeft,
  subtract,
  used,
} from "./big";

const MAX_AGE = 150;

/** No point half-way between two doubles has more; what follows is only "some" or "none". */
const MAX_DIGITS = 800;

/** The number read last: 0.d1d2d3… × 10^point, without zeros at either end; no digits is zero. */
const digits = memory.data(MAX_DIGITS + 1);
let count: i32 = 0;
let point: i32 = 0;

/** Of the double found last: fraction × 2^exponent. */
let exponent: i32 = 0;

const over = memory.data(BIG_BYTES, 4);
const under = memory.data(BIG_BYTES, 4);
const below = memory.data(BIG_BYTES, 4);
const above = memory.data(BIG_BYTES, 4);

/** Reads a JSON number; false when the double it names is below 0 or above 150. */
export function parseAge(at: usize, end: usize): bool {
  const negative = load<u8>(at) == 0x2d;
  readDecimal(at + usize(negative), end);
  if (count && point > 3) return false;
  if (point < -330) count = point = 0;
  // Below 1e-300, doubles thin out and fifteen digits are too many.
  if (count > 15 || point < -300) shorten();
  if (!count) return true;
  if (negative) return false;
  if (point < 3) return true;
  let whole = 0;
  for (let i = 0; i < 3; i++) whole = whole * 10 + digit(i);
  return point == 3 && (whole < MAX_AGE || (whole == MAX_AGE && count <= 3));
}

/** Writes the number read last, at most 32 bytes; gives the place behind it. */
export function writeNumber(out: usize): usize {
  if (!count) {
    store<u8>(out, 0x30);
    return out + 1;
  }
  if (point > -6) {
    const first = point < 1 ? point - 1 : 0;
    for (let i = first; i < count || i < point; i++) {
      if (i == point && i > first) store<u8>(out++, 0x2e);
      store<u8>(out++, 0x30 + digit(i));
    }
    return out;
  }
  store<u8>(out++, 0x30 + digit(0));
  if (count > 1) store<u8>(out++, 0x2e);
  for (let i = 1; i < count; i++) store<u8>(out++, 0x30 + digit(i));
  store<u16>(out, 0x2d65); // e-
  out += 2;
  const power = 1 - point;
  if (power >= 100) store<u8>(out++, 0x30 + power / 100);
  if (power >= 10) store<u8>(out++, 0x30 + power / 10 % 10);
  store<u8>(out, 0x30 + power % 10);
  return out + 1;
}

function digit(i: i32): u32 {
  return i >= 0 && i < count ? load<u8>(digits + i) : 0;
}

function push(value: u32): void {
  store<u8>(digits + count++, value);
}

function trimZeros(): void {
  while (count && !digit(count - 1)) count--;
  if (!count) point = 0;
}

/** Takes digits and point from the text behind the sign. */
function readDecimal(at: usize, end: usize): void {
  let fraction = 0;
  let more: u32 = 0;
  count = point = 0;
  for (; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if ((byte | 32) == 0x65) break;
    if (byte == 0x2e) {
      fraction = 1;
    } else if (count || byte != 0x30) {
      if (count < MAX_DIGITS) push(byte - 0x30);
      else more |= byte - 0x30;
      point += 1 - fraction;
    } else {
      point -= fraction;
    }
  }
  if (at < end) point += readExponent(at + 1, end);
  if (more) push(1);
  trimZeros();
}

function readExponent(at: usize, end: usize): i32 {
  const sign = load<u8>(at);
  if (sign == 0x2d || sign == 0x2b) at++;
  let power = 0;
  // No payload has 2^27 zeros to weigh up a larger exponent.
  for (; at < end && power < 1 << 27; at++) power = power * 10 + (load<u8>(at) - 0x30);
  return sign == 0x2d ? -power : power;
}

/** The nearest double's fraction, with its exponent beside; 0 when it is too small. */
function nearestDouble(): u64 {
  set(over, 0);
  set(under, 1);
  for (let i = 0; i < count; i++) multiplyAdd(over, 10, digit(i));
  for (let i = point; i < count; i++) multiplyAdd(under, 10, 0);
  for (let i = count; i < point; i++) multiplyAdd(over, 10, 0);
  // 1 <= over / under < 2 from here on; the value is that times 2^power.
  let power = bitLength(over) - bitLength(under);
  if (power > 0) shiftLeft(under, power);
  else shiftLeft(over, -power);
  if (compare(over, under) < 0) {
    shiftLeft(over, 1);
    power--;
  }
  const bits = power >= -1022 ? 53 : 53 - (-1022 - power);
  if (bits < 0) return 0;
  let fraction: u64 = 0;
  for (let i = 0; i < bits; i++) {
    fraction <<= 1;
    if (compare(over, under) >= 0) {
      subtract(over, under);
      fraction |= 1;
    }
    shiftLeft(over, 1);
  }
  exponent = power - bits + 1;
  if (compare(over, under) >= 0) {
    subtract(over, under);
    if (used(over) || fraction & 1) fraction++;
  }
  if (fraction >> 53) {
    fraction >>= 1;
    exponent++;
  }
  return fraction;
}

/** Replaces the digits by the shortest ones that name the same double. */
function shorten(): void {
  const fraction = nearestDouble();
  count = point = 0;
  if (!fraction) return;
  // Values here are far below 2^52, so the exponent is negative. At a power of two the neighbour
  // below is half as far away.
  const edge = i32(fraction == 1 << 52 && exponent > -1074);
  // A double with an even fraction owns both ends of its interval.
  const even = i32(!(fraction & 1));
  const rest = over;
  const unit = under;
  set(rest, fraction);
  shiftLeft(rest, 1 + edge);
  set(unit, 1);
  shiftLeft(unit, 1 + edge - exponent);
  set(below, 1);
  set(above, 1 + edge);
  while (compareSum(rest, above, unit) + even > 0) {
    multiplyAdd(unit, 10, 0);
    point++;
  }
  while (true) {
    multiplyAdd(rest, 10, 0);
    multiplyAdd(below, 10, 0);
    multiplyAdd(above, 10, 0);
    let next = 0;
    for (; compare(rest, unit) >= 0; next++) subtract(rest, unit);
    const low = compare(rest, below) < even;
    let high = compareSum(rest, above, unit) + even > 0;
    if (!low && !high) {
      if (count || next) push(next);
      else point--;
      continue;
    }
    if (low && high) {
      const half = compareSum(rest, rest, unit);
      high = half > 0 || (half == 0 && (next & 1) == 1);
    }
    push(next + i32(high));
    trimZeros();
    return;
  }
}
