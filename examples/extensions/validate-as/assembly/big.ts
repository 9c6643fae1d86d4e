/* Unsigned integers of up to 4,096 bits in memory of their own, for the exact rounding of numbers. */

/** Room for 10^1131, the largest power that an age of 801 digits above 1e-330 needs. */
const LIMBS = 128;

/** Bytes of one number: how many limbs it uses, then the limbs, the lowest first. */
export const BIG_BYTES = 4 + 4 * LIMBS;

/** A number by the address of its bytes. */
export type Big = usize;

const sum: Big = memory.data(BIG_BYTES, 4);

export function used(a: Big): i32 {
  return load<i32>(a);
}

function limb(a: Big, i: i32): u32 {
  return load<u32>(a + (<usize> i << 2), 4);
}

function setLimb(a: Big, i: i32, value: u32): void {
  store<u32>(a + (<usize> i << 2), value, 4);
}

function limbOrZero(a: Big, i: i32): u32 {
  return i < used(a) ? limb(a, i) : 0;
}

export function set(a: Big, value: u64): void {
  store<u64>(a, value, 4);
  store<i32>(a, value >> 32 ? 2 : value ? 1 : 0);
}

export function multiplyAdd(a: Big, factor: u32, carry: u64): void {
  const length = used(a);
  for (let i = 0; i < length; i++) {
    carry += <u64> limb(a, i) * factor;
    setLimb(a, i, <u32> carry);
    carry >>= 32;
  }
  if (!carry) return;
  setLimb(a, length, <u32> carry);
  store<i32>(a, length + 1);
}

export function shiftLeft(a: Big, bits: i32): void {
  multiplyAdd(a, 1 << (bits & 31), 0);
  const whole = bits >> 5;
  const length = used(a);
  if (!whole || !length) return;
  memory.copy(a + 4 + (<usize> whole << 2), a + 4, <usize> length << 2);
  memory.fill(a + 4, 0, <usize> whole << 2);
  store<i32>(a, length + whole);
}

export function bitLength(a: Big): i32 {
  const length = used(a);
  return length ? length * 32 - <i32> clz(limb(a, length - 1)) : 0;
}

/** Below, equal or above zero, as a is to b. */
export function compare(a: Big, b: Big): i32 {
  if (used(a) != used(b)) return used(a) - used(b);
  for (let i = used(a) - 1; i >= 0; i--) {
    if (limb(a, i) != limb(b, i)) return limb(a, i) < limb(b, i) ? -1 : 1;
  }
  return 0;
}

/** The same for a + b and c. */
export function compareSum(a: Big, b: Big, c: Big): i32 {
  const length = max(used(a), used(b));
  let carry: u64 = 0;
  for (let i = 0; i < length; i++) {
    carry += <u64> limbOrZero(a, i) + limbOrZero(b, i);
    setLimb(sum, i, <u32> carry);
    carry >>= 32;
  }
  setLimb(sum, length, <u32> carry);
  store<i32>(sum, length + (carry ? 1 : 0));
  return compare(sum, c);
}

/** a becomes a - b; b must not be larger. */
export function subtract(a: Big, b: Big): void {
  let length = used(a);
  let borrow: u64 = 0;
  for (let i = 0; i < length; i++) {
    const less = <u64> limbOrZero(b, i) + borrow;
    const from = limb(a, i);
    borrow = from < less ? 1 : 0;
    setLimb(a, i, from - <u32> less);
  }
  while (length && !limb(a, length - 1)) length--;
  store<i32>(a, length);
}
