/*
 * Every block has 8 bytes in front: its size class while in use, the next free block otherwise.
 * Memory stays flat once each size was used: a freed block waits in its class's list. Nothing is
 * merged or split, so that both operations take a handful of instructions.
 */
#include "memory.h"

enum { SMALLEST = 5, CLASSES = 32, PAGE = 65536 };

typedef struct block {
  union {
    struct block *next;
    u32 class;
  };
  u32 unused;
} block;

extern u8 __heap_base;
static block *waiting[CLASSES];
static u32 fresh; /* where untouched memory starts */

void *allocate(u32 size) {
  if (size > 0x40000000) return 0;
  u32 class = SMALLEST;
  u32 need = size + sizeof(block);
  if (need > 1u << SMALLEST) class = 32 - __builtin_clz(need - 1);
  block *found = waiting[class];
  if (found) {
    waiting[class] = found->next;
  } else {
    if (!fresh) fresh = ((u32)&__heap_base + 7) & ~7u;
    u64 end = (u64)fresh + (1u << class);
    u64 have = (u64)__builtin_wasm_memory_size(0) * PAGE;
    if (end > have) {
      u64 pages = (end - have + PAGE - 1) / PAGE;
      if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return 0;
    }
    found = (block *)fresh;
    fresh = (u32)end;
  }
  found->class = class;
  return found + 1;
}

void release(void *pointer) {
  if (!pointer) return;
  block *freed = (block *)pointer - 1;
  u32 class = freed->class;
  freed->next = waiting[class];
  waiting[class] = freed;
}
