/* RFC 8259, nothing more: no comments, no trailing commas, no byte order mark, no NaN. */
#include "json.h"

/* Stops a payload of nothing but brackets from costing more memory than this, one bit a level. */
enum { MAX_DEPTH = 1000 };

typedef struct {
  const u8 *at, *end;
} reader;

static int peek(const reader *r) { return r->at < r->end ? *r->at : -1; }

static int take(reader *r, int byte) {
  if (peek(r) != byte) return 0;
  r->at++;
  return 1;
}

static void skip_space(reader *r) {
  for (;; r->at++) {
    int c = peek(r);
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
  }
}

static int digits(reader *r) {
  const u8 *start = r->at;
  while ((u32)(peek(r) - '0') < 10) r->at++;
  return r->at > start;
}

static int is_hex(int c) { return (u32)(c - '0') < 10 || (u32)((c | 32) - 'a') < 6; }

/* The quote is taken already. */
static int read_string(reader *r, value *into) {
  *into = (value){JSON_STRING, {r->at, 0}, 0};
  for (;;) {
    int c = peek(r);
    if (c < 0x20) return 0; /* the end, or a control character that must be escaped */
    r->at++;
    if (c == '"') break;
    if (c != '\\') continue;
    into->escaped = 1;
    switch (c = peek(r)) {
      case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        r->at++;
        break;
      case 'u':
        r->at++;
        for (int i = 0; i < 4; i++, r->at++)
          if (!is_hex(peek(r))) return 0;
        break;
      default:
        return 0;
    }
  }
  into->text.length = (u32)(r->at - 1 - into->text.start);
  return 1;
}

static int read_number(reader *r, value *into) {
  const u8 *start = r->at;
  take(r, '-');
  if (!take(r, '0') && !digits(r)) return 0;
  if (take(r, '.') && !digits(r)) return 0;
  if (peek(r) == 'e' || peek(r) == 'E') {
    r->at++;
    if (!take(r, '+')) take(r, '-');
    if (!digits(r)) return 0;
  }
  *into = (value){JSON_NUMBER, {start, (u32)(r->at - start)}, 0};
  return 1;
}

static int read_literal(reader *r, const char *word, value *into) {
  while (*word)
    if (!take(r, (u8)*word++)) return 0;
  *into = (value){JSON_LITERAL, {0, 0}, 0};
  return 1;
}

static int read_scalar(reader *r, value *into) {
  switch (peek(r)) {
    case '"': r->at++; return read_string(r, into);
    case 't': return read_literal(r, "true", into);
    case 'f': return read_literal(r, "false", into);
    case 'n': return read_literal(r, "null", into);
    default: return read_number(r, into);
  }
}

static int same(const u8 *text, u32 length, const char *word) {
  u32 i = 0;
  for (; i < length; i++)
    if (text[i] != (u8)word[i] || !word[i]) return 0;
  return !word[i];
}

/* Where the member of this name goes, or 0: a key may be written with escapes, too. */
static value *wanted(const value *key, record *into) {
  enum { LONGEST = 6 * 5 }; /* five letters, each as \uXXXX */
  u8 plain[LONGEST];
  const u8 *text = key->text.start;
  u32 length = key->text.length;
  if (length > LONGEST) return 0;
  if (key->escaped) {
    length = decode(key->text, plain);
    text = plain;
  }
  if (same(text, length, "email")) return &into->email;
  return same(text, length, "age") ? &into->age : 0;
}

/* Reads any value; members of the outermost object go to `into`. No recursion: a guest's stack is small. */
static int read_document(reader *r, value *top, record *into) {
  static u8 is_object[MAX_DEPTH / 8 + 1];
  u32 depth = 0;
  value ignored, key, *target = top;
  for (;;) {
    skip_space(r);
    int c = peek(r);
    if (c == '{' || c == '[') {
      if (depth == MAX_DEPTH) return 0;
      r->at++;
      *target = (value){c == '{' ? JSON_OBJECT : JSON_ARRAY, {0, 0}, 0};
      u8 bit = 1 << (depth & 7);
      if (c == '{') is_object[depth >> 3] |= bit;
      else is_object[depth >> 3] &= ~bit;
      depth++;
      skip_space(r);
      if (!take(r, c == '{' ? '}' : ']')) goto member;
      depth--;
    } else if (!read_scalar(r, target)) {
      return 0;
    }
    /* A value ended; so may the containers around it. */
    for (;;) {
      if (!depth) return 1;
      int object = is_object[(depth - 1) >> 3] >> ((depth - 1) & 7) & 1;
      skip_space(r);
      if (take(r, ',')) break;
      if (!take(r, object ? '}' : ']')) return 0;
      depth--;
    }
  member:
    target = &ignored;
    if (!(is_object[(depth - 1) >> 3] >> ((depth - 1) & 7) & 1)) continue;
    skip_space(r);
    if (!take(r, '"') || !read_string(r, &key)) return 0;
    skip_space(r);
    if (!take(r, ':')) return 0;
    if (depth == 1) {
      value *named = wanted(&key, into);
      if (named) target = named;
    }
  }
}

static int is_utf8(slice text) {
  const u8 *at = text.start, *end = at + text.length;
  while (at < end) {
    u8 lead = *at++;
    if (lead < 0x80) continue;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    u32 more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if ((u32)(end - at) < more) return 0;
    /* No overlong forms, no surrogates, nothing above U+10FFFF: the second byte tells. */
    u8 low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    u8 high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (*at < low || *at > high) return 0;
    for (at++; --more; at++)
      if ((*at & 0xC0) != 0x80) return 0;
  }
  return 1;
}

int read_record(slice payload, record *into) {
  if (!is_utf8(payload)) return 0;
  *into = (record){{JSON_NONE, {0, 0}, 0}, {JSON_NONE, {0, 0}, 0}};
  reader r = {payload.start, payload.start + payload.length};
  value top;
  if (!read_document(&r, &top, into)) return 0;
  skip_space(&r);
  return r.at == r.end && (top.kind == JSON_OBJECT || top.kind == JSON_ARRAY);
}

static u32 hex4(const u8 *at) {
  u32 unit = 0;
  for (int i = 0; i < 4; i++) unit = unit << 4 | (at[i] <= '9' ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
  return unit;
}

static u8 *put_utf8(u8 *out, u32 point) {
  if (point < 0x80) {
    *out++ = point;
    return out;
  }
  if (point < 0x800) {
    *out++ = 0xC0 | point >> 6;
  } else {
    if (point < 0x10000) {
      *out++ = 0xE0 | point >> 12;
    } else {
      *out++ = 0xF0 | point >> 18;
      *out++ = 0x80 | (point >> 12 & 63);
    }
    *out++ = 0x80 | (point >> 6 & 63);
  }
  *out++ = 0x80 | (point & 63);
  return out;
}

u32 decode(slice text, u8 *into) {
  const u8 *at = text.start, *end = at + text.length;
  u8 *out = into;
  while (at < end) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    at++;
    u8 c = *at++;
    switch (c) {
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u': {
        u32 point = hex4(at);
        at += 4;
        if (point >= 0xD800 && point < 0xE000) {
          /* A high half followed by an escaped low one is a pair; UTF-8 has no place for half of one. */
          u32 low = point < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? hex4(at + 2) : 0;
          if (low >= 0xDC00 && low < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
          } else {
            point = 0xFFFD;
          }
        }
        out = put_utf8(out, point);
        break;
      }
      default: *out++ = c; /* quote, backslash, slash: themselves */
    }
  }
  return (u32)(out - into);
}
