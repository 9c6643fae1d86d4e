/* Numbers as JavaScript reads and writes them, from text to text. */
#ifndef NUMBER_H
#define NUMBER_H

#include "json.h"

enum { MAX_DIGITS = 800 };

/* 0.d1d2d3… × 10^point, without zeros at either end; no digits at all is zero. */
typedef struct {
  i32 count, point;
  u8 digits[MAX_DIGITS + 1];
} decimal;

/* Reads a JSON number; 0 when the double it names is below zero or above `limit` (three digits). */
int decimal_of(slice text, u32 limit, decimal *into);

/* Writes it, at most 32 bytes; gives the place behind it. */
u8 *decimal_write(u8 *out, const decimal *number);

#endif
