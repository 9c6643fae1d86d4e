/*
 * JSON's numbers mean doubles: 0.1000000000000000055 is 0.1, and 2.50e1 is 25. Up to fifteen digits
 * name a double of their own and only need tidying; more are rounded exactly, with big integers
 * (Steele and White's free-format printing behind a long division).
 */
#include "number.h"

/* Room for 10^1131, the largest power that an age of 801 digits above 1e-330 needs. */
enum { LIMBS = 128 };

typedef struct {
  i32 used;
  u32 limb[LIMBS];
} big;

static void set(big *a, u32 value) {
  a->used = value != 0;
  a->limb[0] = value;
}

static void multiply_add(big *a, u32 factor, u32 carry) {
  u64 sum = carry;
  for (i32 i = 0; i < a->used; i++, sum >>= 32) {
    sum += (u64)a->limb[i] * factor;
    a->limb[i] = (u32)sum;
  }
  if (sum) a->limb[a->used++] = (u32)sum;
}

static void shift_left(big *a, u32 bits) {
  u32 whole = bits / 32;
  multiply_add(a, 1u << bits % 32, 0);
  if (!whole || !a->used) return;
  for (i32 i = a->used - 1; i >= 0; i--) a->limb[i + whole] = a->limb[i];
  for (u32 i = 0; i < whole; i++) a->limb[i] = 0;
  a->used += whole;
}

static i32 bit_length(const big *a) {
  return a->used ? a->used * 32 - __builtin_clz(a->limb[a->used - 1]) : 0;
}

static int compare(const big *a, const big *b) {
  if (a->used != b->used) return a->used < b->used ? -1 : 1;
  for (i32 i = a->used - 1; i >= 0; i--)
    if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
  return 0;
}

/* a must not be smaller than b. */
static void subtract(big *a, const big *b) {
  u32 borrow = 0;
  for (i32 i = 0; i < a->used; i++) {
    u64 less = (u64)(i < b->used ? b->limb[i] : 0) + borrow;
    borrow = a->limb[i] < less;
    a->limb[i] -= (u32)less;
  }
  while (a->used && !a->limb[a->used - 1]) a->used--;
}

static int compare_sum(const big *a, const big *b, const big *c) {
  static big sum;
  u64 carry = 0;
  sum.used = a->used > b->used ? a->used : b->used;
  for (i32 i = 0; i < sum.used; i++, carry >>= 32) {
    carry += (u64)(i < a->used ? a->limb[i] : 0) + (i < b->used ? b->limb[i] : 0);
    sum.limb[i] = (u32)carry;
  }
  if (carry) sum.limb[sum.used++] = (u32)carry;
  return compare(&sum, c);
}

static void trim_zeros(decimal *d) {
  while (d->count && d->digits[d->count - 1] == 0) d->count--;
  if (!d->count) d->point = 0;
}

/* The nearest double, as fraction × 2^exponent; the fraction is 0 when it is too small. */
static u64 nearest_double(const decimal *d, i32 *exponent) {
  static big over, under;
  set(&over, 0);
  set(&under, 1);
  for (i32 i = 0; i < d->count; i++) multiply_add(&over, 10, d->digits[i]);
  for (i32 i = d->point; i < d->count; i++) multiply_add(&under, 10, 0);
  for (i32 i = d->count; i < d->point; i++) multiply_add(&over, 10, 0);
  /* 1 <= over / under < 2 from here on; the value is that times 2^power. */
  i32 power = bit_length(&over) - bit_length(&under);
  if (power > 0) shift_left(&under, power);
  else shift_left(&over, -power);
  if (compare(&over, &under) < 0) {
    shift_left(&over, 1);
    power--;
  }
  i32 bits = power >= -1022 ? 53 : 53 - (-1022 - power);
  if (bits < 0) return 0;
  u64 fraction = 0;
  for (i32 i = 0; i < bits; i++, shift_left(&over, 1)) {
    fraction <<= 1;
    if (compare(&over, &under) < 0) continue;
    subtract(&over, &under);
    fraction |= 1;
  }
  *exponent = power - bits + 1;
  if (compare(&over, &under) >= 0) {
    subtract(&over, &under);
    if (over.used || fraction & 1) fraction++;
  }
  if (fraction >> 53) {
    fraction >>= 1;
    ++*exponent;
  }
  return fraction;
}

/* Replaces the digits by the shortest ones that name the same double. */
static void shorten(decimal *d) {
  static big rest, unit, below, above;
  i32 exponent;
  u64 fraction = nearest_double(d, &exponent);
  d->count = d->point = 0;
  if (!fraction) return;
  /* Values here are far below 2^52, so the exponent is negative. At a power of two the neighbour
     below is half as far away. */
  int edge = fraction == 1ull << 52 && exponent > -1074;
  /* A double with an even fraction owns both ends of its interval. */
  int even = !(fraction & 1);
  set(&rest, (u32)(fraction >> 32));
  if (rest.used) {
    shift_left(&rest, 32);
    rest.limb[0] = (u32)fraction;
  } else {
    set(&rest, (u32)fraction);
  }
  shift_left(&rest, 1 + edge);
  set(&unit, 1);
  shift_left(&unit, (u32)(1 + edge - exponent));
  set(&below, 1);
  set(&above, 1 + edge);
  while (compare_sum(&rest, &above, &unit) + even > 0) {
    multiply_add(&unit, 10, 0);
    d->point++;
  }
  for (;;) {
    multiply_add(&rest, 10, 0);
    multiply_add(&below, 10, 0);
    multiply_add(&above, 10, 0);
    u8 digit = 0;
    for (; compare(&rest, &unit) >= 0; digit++) subtract(&rest, &unit);
    int low = compare(&rest, &below) < even;
    int high = compare_sum(&rest, &above, &unit) + even > 0;
    if (!low && !high) {
      if (d->count || digit) d->digits[d->count++] = digit;
      else d->point--;
      continue;
    }
    if (low && high) {
      int half = compare_sum(&rest, &rest, &unit);
      high = half > 0 || (half == 0 && digit & 1);
    }
    d->digits[d->count++] = digit + high;
    trim_zeros(d);
    return;
  }
}

int decimal_of(slice text, u32 limit, decimal *d) {
  const u8 *at = text.start, *end = at + text.length;
  i32 exponent = 0, point = 0;
  int fraction = 0, more = 0;
  int negative = *at == '-';
  at += negative;
  d->count = 0;
  for (; at < end && (*at | 32) != 'e'; at++) {
    if (*at == '.') {
      fraction = 1;
      continue;
    }
    u8 digit = *at - '0';
    if (d->count || digit) {
      if (d->count < MAX_DIGITS) d->digits[d->count++] = digit;
      else more |= digit;
      point += !fraction;
    } else {
      point -= fraction;
    }
  }
  if (at < end) {
    at++;
    int minus = *at == '-';
    at += minus || *at == '+';
    /* No payload has 2^27 zeros to weigh up a larger exponent. */
    for (; at < end; at++)
      if (exponent < 1 << 27) exponent = exponent * 10 + (*at - '0');
    point += minus ? -exponent : exponent;
  }
  /* Whatever is behind the digits kept only tells whether a half is more than a half. */
  if (more) d->digits[d->count++] = 1;
  d->point = point;
  trim_zeros(d);
  if (d->count && d->point > 3) return 0;
  if (d->point < -330) d->count = d->point = 0;
  /* Below 1e-300, doubles thin out and fifteen digits are too many. */
  if (d->count > 15 || d->point < -300) shorten(d);
  if (!d->count) return 1;
  if (negative) return 0;
  if (d->point < 3) return 1;
  u32 whole = 0;
  for (i32 i = 0; i < 3; i++) whole = whole * 10 + (i < d->count ? d->digits[i] : 0);
  return d->point == 3 && (whole < limit || (whole == limit && d->count <= 3));
}

u8 *decimal_write(u8 *out, const decimal *d) {
  i32 count = d->count, point = d->point;
  if (!count) {
    *out++ = '0';
    return out;
  }
  if (point > -6) {
    i32 first = point < 1 ? point - 1 : 0;
    for (i32 i = first; i < count || i < point; i++) {
      if (i == point && i > first) *out++ = '.';
      *out++ = i >= 0 && i < count ? '0' + d->digits[i] : '0';
    }
    return out;
  }
  *out++ = '0' + d->digits[0];
  if (count > 1) *out++ = '.';
  for (i32 i = 1; i < count; i++) *out++ = '0' + d->digits[i];
  *out++ = 'e';
  *out++ = '-';
  u32 power = (u32)(1 - point);
  if (power >= 100) *out++ = '0' + power / 100;
  if (power >= 10) *out++ = '0' + power / 10 % 10;
  *out++ = '0' + power % 10;
  return out;
}
