/* What every part of this guest shares: calls by their names, and a word for each that answers otherwise. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

extern int failures;

/** Compares an errno with the expected one. */
#define ERRNO_IS(expected, call)                                               \
  do {                                                                         \
    __wasi_errno_t got = (call);                                               \
    if (got != __WASI_ERRNO_##expected) {                                      \
      failures++;                                                              \
      printf("%s:%d: %s: errno %d instead of %s\n", __FILE__, __LINE__, #call, \
             got, #expected);                                                  \
    }                                                                          \
  } while (0)

#define OK(call) ERRNO_IS(SUCCESS, call)

#define TRUE(condition)                                              \
  do {                                                               \
    if (!(condition)) {                                              \
      failures++;                                                    \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                \
  } while (0)

#define READ (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET)
#define WRITE (READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_ALLOCATE |           \
               __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | \
               __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_ADVISE | \
               __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS)
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define CREAT __WASI_OFLAGS_CREAT
#define NO_FD 9999

/** The preopened directory that the guest works in. */
extern __wasi_fd_t root;

/* wasi-libc takes paths as C strings; these take whole ones, with a NUL if need be. */
__wasi_errno_t open_at(__wasi_fd_t dir, __wasi_lookupflags_t follow, const char *path,
                       __wasi_oflags_t oflags, __wasi_rights_t rights, __wasi_fdflags_t flags,
                       __wasi_fd_t *fd);
/** An open file that is there afterwards, or a failure. */
__wasi_fd_t made(const char *path, const char *content);
__wasi_errno_t stat_at(const char *path, __wasi_filestat_t *stat);
__wasi_errno_t unlink_at(const char *path);
__wasi_size_t write_all(__wasi_fd_t fd, const char *text);

void test_files(void);
void test_positions(void);
void test_status(void);
void test_directories(void);
void test_names(void);
void test_links(void);
void test_paths(void);
void test_readonly(void);
void test_others(void);

#endif
