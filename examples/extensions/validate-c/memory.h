/* A small allocator: blocks of powers of two, kept in one list a size and used again. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef int32_t i32;
typedef uint64_t u64;

/* Gives at least `size` bytes, aligned to 8, or 0 when memory cannot grow. */
void *allocate(u32 size);

/* Takes a block of `allocate` back; 0 is ignored. */
void release(void *block);

#endif
