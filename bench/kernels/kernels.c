/* The programs that measure what metering costs: five jobs, and the worst loops for it. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(name)))

/* fib: calls and nothing else */
static __attribute__((noinline)) int fib_of(int n) { return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2); }

EXPORT("fib") int fib(int n) { return fib_of(n); }

/* sieve: one byte stored a step */
static u8 flags[1 << 16];

EXPORT("sieve") int sieve(int rounds) {
  const u32 size = sizeof flags;
  int count = 0;
  for (int round = 0; round < rounds; round++) {
    count = 0;
    for (u32 i = 0; i < size; i++) flags[i] = 1;
    for (u32 i = 2; i < size; i++) {
      if (!flags[i]) continue;
      count++;
      for (u32 j = i + i; j < size; j += i) flags[j] = 0;
    }
  }
  return count;
}

/* matmul: three loops of floating point numbers */
enum { SIDE = 96 };
static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];

EXPORT("matmul") double matmul(int rounds) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      a[i][j] = i * 0.5 + j;
      b[i][j] = i - j * 0.25;
    }
  }
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < SIDE; i++) {
      for (int j = 0; j < SIDE; j++) {
        double sum = 0;
        for (int k = 0; k < SIDE; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    }
  }
  return c[SIDE / 2][SIDE / 3];
}

/* sha-256: long straight code in short loops */
static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 rotate(u32 x, int n) { return x >> n | x << (32 - n); }

static void sha_block(u32 h[8], const u8 *p) {
  u32 w[64], s[8];
  for (int i = 0; i < 16; i++) {
    w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
  }
  for (int i = 16; i < 64; i++) {
    u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  for (int i = 0; i < 8; i++) s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    u32 s1 = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
    u32 t1 = s[7] + s1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
    u32 s0 = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
    u32 t2 = s0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6];
    s[6] = s[5];
    s[5] = s[4];
    s[4] = s[3] + t1;
    s[3] = s[2];
    s[2] = s[1];
    s[1] = s[0];
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

static u8 message[1 << 14];

EXPORT("sha256") u32 sha256(int rounds) {
  u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (u32 i = 0; i < sizeof message; i++) message[i] = (u8)(i * 31);
  for (int round = 0; round < rounds; round++) {
    for (u32 i = 0; i < sizeof message; i += 64) sha_block(h, message + i);
  }
  return h[0];
}

/* JSON: parse text into nodes by recursive descent, then write it again */
static const char text[] =
    "{\"name\":\"Foo Bar\",\"email\":\"foo@example.com\",\"age\":25,\"tags\":[\"a\",\"bc\",\"def\\n\\u0041\"],"
    "\"nested\":{\"list\":[1,2.5,-3e2,true,false,null],\"deep\":{\"x\":[[],[[]],{}]}},\"score\":1234567}";

enum kind { NIL, FALSE_, TRUE_, NUMBER, STRING, LIST, OBJECT };
struct node {
  enum kind kind;
  u32 start, length;
  int first, next;
};
static struct node nodes[1024];
static int used;
static const char *at;
static char output[4096];
static u32 written;

static void skip_space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t') at++;
}

static int parse_value(void);

static int add(enum kind kind) {
  int n = used++;
  nodes[n] = (struct node){kind, (u32)(at - text), 0, -1, -1};
  return n;
}

static int parse_string(void) {
  int n = add(STRING);
  at++;
  while (*at != '"') at += *at == '\\' ? 2 : 1;
  at++;
  nodes[n].length = (u32)(at - text) - nodes[n].start;
  return n;
}

static int parse_many(enum kind kind, char close) {
  int n = add(kind), last = -1;
  at++;
  skip_space();
  while (*at != close) {
    int child = kind == OBJECT ? parse_string() : parse_value();
    if (last < 0) nodes[n].first = child;
    else nodes[last].next = child;
    last = child;
    skip_space();
    if (kind == OBJECT) {
      at++;
      skip_space();
      last = parse_value();
      nodes[child].next = last;
      skip_space();
    }
    if (*at == ',') at++;
    skip_space();
  }
  at++;
  return n;
}

static int parse_value(void) {
  skip_space();
  if (*at == '{') return parse_many(OBJECT, '}');
  if (*at == '[') return parse_many(LIST, ']');
  if (*at == '"') return parse_string();
  int n = add(*at == 't' ? TRUE_ : *at == 'f' ? FALSE_ : *at == 'n' ? NIL : NUMBER);
  while (*at && *at != ',' && *at != ']' && *at != '}') at++;
  nodes[n].length = (u32)(at - text) - nodes[n].start;
  return n;
}

static void put(char byte) { output[written++ & 4095] = byte; }

static void write_value(int n) {
  const struct node *node = &nodes[n];
  if (node->kind != LIST && node->kind != OBJECT) {
    for (u32 i = 0; i < node->length; i++) put(text[node->start + i]);
    return;
  }
  put(node->kind == LIST ? '[' : '{');
  int index = 0;
  for (int child = node->first; child >= 0; child = nodes[child].next, index++) {
    if (index > 0) put(node->kind == OBJECT && index % 2 ? ':' : ',');
    write_value(child);
  }
  put(node->kind == LIST ? ']' : '}');
}

EXPORT("json") u32 json(int rounds) {
  for (int round = 0; round < rounds; round++) {
    used = 0;
    written = 0;
    at = text;
    write_value(parse_value());
  }
  u32 hash = 0;
  for (u32 i = 0; i < written; i++) hash = hash * 31 + (u8)output[i];
  return hash;
}

/* micro-loops: as little as possible between two checks */
EXPORT("fnv") u32 fnv(int rounds) {
  u32 hash = 2166136261u;
  for (int round = 0; round < rounds; round++) {
    for (u32 i = 0; i < sizeof message; i++) hash = (hash ^ message[i]) * 16777619u;
  }
  return hash;
}

EXPORT("count") u32 count(int rounds) {
  u32 n = 0;
  for (int round = 0; round < rounds; round++) {
    for (u32 i = 0; i < 65536; i++) {
      n += i;
      __asm__ volatile("" : "+r"(n));
    }
  }
  return n;
}

EXPORT("chase") u32 chase(int rounds) {
  static u32 next[4096];
  for (u32 i = 0; i < 4096; i++) next[i] = (i * 1597 + 51) & 4095; /* one cycle through all */
  u32 n = 0;
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < 4096; i++) n = next[n];
  }
  return n;
}

EXPORT("leaf") u32 leaf(int rounds) {
  extern u32 mix(u32);
  u32 n = 1;
  for (int round = 0; round < rounds; round++) {
    for (u32 i = 0; i < 4096; i++) n = mix(n + i);
  }
  return n;
}

__attribute__((noinline)) u32 mix(u32 x) { return (x ^ x >> 16) * 0x45d9f3bu; }
