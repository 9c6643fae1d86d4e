/* A strict JSON reader that keeps two members of an object and only checks the rest. */
#ifndef JSON_H
#define JSON_H

#include "memory.h"

typedef struct {
  const u8 *start;
  u32 length;
} slice;

typedef enum { JSON_NONE, JSON_STRING, JSON_NUMBER, JSON_LITERAL, JSON_ARRAY, JSON_OBJECT } json_kind;

typedef struct {
  json_kind kind;
  slice text;   /* of a string: between its quotes; of a number: as written */
  int escaped;  /* the string has a backslash */
} value;

typedef struct {
  value email, age; /* JSON_NONE when absent; of several the last */
} record;

/* Reads the payload; 0 when it is not UTF-8, not JSON, or neither object nor array. */
int read_record(slice payload, record *into);

/* Writes a string's text without escapes, at most as long as before; gives its length. */
u32 decode(slice text, u8 *into);

#endif
