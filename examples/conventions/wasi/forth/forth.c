/*
 * An interpreter as a WASI command: a small Forth whose script is an argument and whose words work
 * on standard input and output.
 *
 *   argv = name, script          runs the script
 *   argv = name, word, script    runs the script, then the word
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_CELLS = 256, WORDS = 128, NAME_BYTES = 32, DEPTH = 64, TOKEN_BYTES = 256 };

struct word {
  char name[NAME_BYTES];
  const char *body;
  const char *end;
};

static int64_t stack[STACK_CELLS];
static int height;
static struct word words[WORDS];
static int word_count;

static _Noreturn void fail(const char *what, const char *about) {
  fprintf(stderr, "forth: %s: %s\n", what, about);
  exit(2);
}

static void push(int64_t value) {
  if (height == STACK_CELLS) fail("the stack is full", "push");
  stack[height++] = value;
}

static int64_t pop(const char *word) {
  if (height == 0) fail("the stack is empty", word);
  return stack[--height];
}

/* The next token between spaces; 0 at the end. */
static const char *next(const char *at, const char *end, char *token) {
  while (at < end && (unsigned char)*at <= ' ') at++;
  const char *start = at;
  while (at < end && (unsigned char)*at > ' ') at++;
  size_t length = (size_t)(at - start);
  if (length == 0) return 0;
  if (length >= TOKEN_BYTES) fail("a word is too long", "script");
  memcpy(token, start, length);
  token[length] = 0;
  return at;
}

static const struct word *find(const char *name) {
  for (int i = word_count; i-- > 0;)
    if (strcmp(words[i].name, name) == 0) return &words[i];
  return 0;
}

static void run(const char *at, const char *end, int depth);

/* Where the body that starts at `at` ends, and what follows it. */
static const char *define(const char *at, const char *end) {
  char token[TOKEN_BYTES];
  at = next(at, end, token);
  if (at == 0 || strlen(token) >= NAME_BYTES) fail("a definition has no name", ":");
  if (word_count == WORDS) fail("there are too many words", token);
  struct word *word = &words[word_count];
  strcpy(word->name, token);
  word->body = at;
  for (;;) {
    word->end = at;
    at = next(at, end, token);
    if (at == 0) fail("a definition does not end", word->name);
    if (strcmp(token, ";") == 0) break;
  }
  word_count++;
  return at;
}

/* The number that comes next on standard input. */
static int64_t read_number(void) {
  long long value;
  if (scanf("%lld", &value) != 1) fail("there is no number left", "read");
  return value;
}

static int built_in(const char *word) {
  int64_t a, b;
  if (strcmp(word, "+") == 0) { b = pop(word); a = pop(word); push((int64_t)((uint64_t)a + (uint64_t)b)); }
  else if (strcmp(word, "-") == 0) { b = pop(word); a = pop(word); push((int64_t)((uint64_t)a - (uint64_t)b)); }
  else if (strcmp(word, "*") == 0) { b = pop(word); a = pop(word); push((int64_t)((uint64_t)a * (uint64_t)b)); }
  else if (strcmp(word, "<") == 0) { b = pop(word); a = pop(word); push(a < b); }
  else if (strcmp(word, "=") == 0) { b = pop(word); a = pop(word); push(a == b); }
  else if (strcmp(word, "dup") == 0) { a = pop(word); push(a); push(a); }
  else if (strcmp(word, "drop") == 0) pop(word);
  else if (strcmp(word, "swap") == 0) { b = pop(word); a = pop(word); push(b); push(a); }
  else if (strcmp(word, "over") == 0) { b = pop(word); a = pop(word); push(a); push(b); push(a); }
  else if (strcmp(word, ".") == 0) printf("%lld ", (long long)pop(word));
  else if (strcmp(word, "cr") == 0) putchar('\n');
  else if (strcmp(word, "emit") == 0) putchar((int)pop(word));
  else if (strcmp(word, "read") == 0) push(read_number());
  else if (strcmp(word, "exit") == 0) exit((int)(pop(word) & 0xff));
  else return 0;
  return 1;
}

/* Numbers, words, `: name … ;` and `flag if word`. */
static void run(const char *at, const char *end, int depth) {
  char token[TOKEN_BYTES];
  if (depth == DEPTH) fail("words call each other too deeply", "run");
  while ((at = next(at, end, token)) != 0) {
    if (strcmp(token, ":") == 0) {
      at = define(at, end);
      continue;
    }
    if (strcmp(token, "if") == 0) {
      at = next(at, end, token);
      if (at == 0) fail("there is no word after", "if");
      if (pop("if") == 0) continue;
    }
    if (built_in(token)) continue;
    const struct word *word = find(token);
    if (word != 0) {
      run(word->body, word->end, depth + 1);
      continue;
    }
    char *rest;
    errno = 0;
    long long number = strtoll(token, &rest, 10);
    if (errno != 0 || *rest != 0) fail("there is no such word", token);
    push(number);
  }
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3) fail("the arguments are a script, or a word and a script", "usage");
  const char *script = argv[argc - 1];
  run(script, script + strlen(script), 0);
  if (argc == 3) run(argv[1], argv[1] + strlen(argv[1]), 0);
  return 0;
}
