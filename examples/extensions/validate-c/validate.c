/*
 * Checks a sign-up record: JSON in, JSON out, over the base ABI, without a standard library.
 *
 *   {"email":"Foo@Example.COM ","age":25}  ->  {"ok":true,"email":"foo@example.com","age":25}
 *
 * Build: deno run -A tools/build_guests.ts validate-c
 *   (clang 14 and wasm-ld; the flags stand in that script)
 *
 * Text stays UTF-8 from end to end; only what is not UTF-8 or not JSON is treated as no object.
 */
#include "json.h"
#include "memory.h"
#include "number.h"

#define EXPORT(name) __attribute__((export_name(#name), used)) name

static const int MAX_AGE = 150;

typedef struct {
  u8 *start, *at;
} output;

static u64 packed(const output *out) {
  return (u64)(u32)out->start << 32 | (u32)(out->at - out->start);
}

static output output_of(u32 capacity) {
  u8 *start = allocate(capacity);
  if (!start) __builtin_trap();
  return (output){start, start};
}

static void put(output *out, const char *text) {
  while (*text) *out->at++ = (u8)*text++;
}

static u64 refuse(const char *error) {
  output out = output_of(64);
  put(&out, "{\"ok\":false,\"error\":\"");
  put(&out, error);
  put(&out, "\"}");
  return packed(&out);
}

/* The letter after the backslash for what JSON writes in two characters; 0 for the rest. */
static u8 short_escape(u8 byte) {
  switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
  }
}

static u32 written_length(const u8 *text, u32 length) {
  u32 total = 0;
  for (u32 i = 0; i < length; i++)
    total += short_escape(text[i]) ? 2 : text[i] < 0x20 ? 6 : 1;
  return total;
}

/* Writes text with its letters A to Z lowered. */
static void put_lowered(output *out, const u8 *text, u32 length) {
  for (u32 i = 0; i < length; i++) {
    u8 byte = text[i], letter = short_escape(byte);
    if (letter) {
      *out->at++ = '\\';
      *out->at++ = letter;
    } else if (byte < 0x20) {
      put(out, "\\u00");
      *out->at++ = '0' + (byte >> 4);
      *out->at++ = "0123456789abcdef"[byte & 15];
    } else {
      *out->at++ = byte - 'A' < 26u ? byte + 32 : byte;
    }
  }
}

/* Bytes of the white space that starts at `text` (what JavaScript's trim drops), or 0. */
static u32 space_at(const u8 *text, u32 length) {
  u8 a = text[0];
  if (a == ' ' || (a >= 9 && a <= 13)) return 1;
  if (a < 0x80 || length < 2) return 0;
  if (a == 0xC2) return text[1] == 0xA0 ? 2 : 0;
  if (length < 3) return 0;
  switch (a << 16 | text[1] << 8 | text[2]) {
    case 0xE19A80: case 0xE280A8: case 0xE280A9: case 0xE280AF:
    case 0xE2819F: case 0xE38080: case 0xEFBBBF:
      return 3;
    default:
      return a == 0xE2 && text[1] == 0x80 && text[2] >= 0x80 && text[2] <= 0x8A ? 3 : 0;
  }
}

static slice trimmed(slice text) {
  u32 width;
  while (text.length && (width = space_at(text.start, text.length))) {
    text.start += width;
    text.length -= width;
  }
again:
  for (width = 1; width <= 3 && width <= text.length; width++) {
    if (space_at(text.start + text.length - width, width) != width) continue;
    text.length -= width;
    goto again;
  }
  return text;
}

static const u8 *find(slice text, u8 byte) {
  for (u32 i = 0; i < text.length; i++)
    if (text.start[i] == byte) return text.start + i;
  return 0;
}

static u64 judge(const record *input, slice address) {
  decimal age;
  if (input->age.kind != JSON_NUMBER || !decimal_of(input->age.text, MAX_AGE, &age))
    return refuse("age out of range");
  address = trimmed(address);
  const u8 *at = find(address, '@');
  if (!at || at == address.start || at == address.start + address.length - 1)
    return refuse("email shape");
  slice domain = {at, (u32)(address.start + address.length - at)};
  if (!find(domain, '.')) return refuse("email domain");

  output out = output_of(written_length(address.start, address.length) + 64);
  put(&out, "{\"ok\":true,\"email\":\"");
  put_lowered(&out, address.start, address.length);
  put(&out, "\",\"age\":");
  out.at = decimal_write(out.at, &age);
  put(&out, "}");
  return packed(&out);
}

u64 EXPORT(validate)(const u8 *payload, u32 length) {
  record input;
  if (!read_record((slice){payload, length}, &input)) return refuse("input must be an object");
  slice address = input.email.text;
  if (input.email.kind != JSON_STRING || !address.length) return refuse("email required");
  if (!input.email.escaped) return judge(&input, address);
  u8 *decoded = allocate(address.length);
  if (!decoded) __builtin_trap();
  u64 verdict = judge(&input, (slice){decoded, decode(address, decoded)});
  release(decoded);
  return verdict;
}

void *EXPORT(__base_alloc)(u32 size) { return allocate(size); }

void EXPORT(__base_free)(void *block, u32 size) {
  (void)size; /* the block knows its own */
  release(block);
}
