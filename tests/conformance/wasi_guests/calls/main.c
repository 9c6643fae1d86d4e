/* Every function of WASI preview 1 with success and with each errno it can give: `calls PART DIRECTORY`. */
#include "check.h"

#include <stdlib.h>

int failures = 0;
__wasi_fd_t root = 0;

/* The host's own functions, below what wasi-libc makes of them: a path with its length. */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("path_open"))) int
host_path_open(int, int, const char *, int, int, int64_t, int64_t, int, __wasi_fd_t *);

__wasi_errno_t open_at(__wasi_fd_t dir, __wasi_lookupflags_t follow, const char *path,
                       __wasi_oflags_t oflags, __wasi_rights_t rights, __wasi_fdflags_t flags,
                       __wasi_fd_t *fd) {
  return (__wasi_errno_t)host_path_open((int)dir, (int)follow, path, (int)strlen(path), oflags,
                                        (int64_t)rights, (int64_t)rights, flags, fd);
}

__wasi_fd_t made(const char *path, const char *content) {
  __wasi_fd_t fd = NO_FD;
  OK(open_at(root, 0, path, CREAT | __WASI_OFLAGS_TRUNC, WRITE, 0, &fd));
  if (*content) TRUE(write_all(fd, content) == strlen(content));
  return fd;
}

__wasi_errno_t stat_at(const char *path, __wasi_filestat_t *stat) {
  return __wasi_path_filestat_get(root, 0, path, stat);
}

__wasi_errno_t unlink_at(const char *path) { return __wasi_path_unlink_file(root, path); }

__wasi_size_t write_all(__wasi_fd_t fd, const char *text) {
  __wasi_ciovec_t vector = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t written = 0;
  OK(__wasi_fd_write(fd, &vector, 1, &written));
  return written;
}

static __wasi_fd_t find(const char *name) {
  for (__wasi_fd_t fd = 3;; fd++) {
    __wasi_prestat_t prestat;
    if (__wasi_fd_prestat_get(fd, &prestat)) return NO_FD;
    char found[256];
    if (prestat.u.dir.pr_name_len != strlen(name)) continue;
    if (__wasi_fd_prestat_dir_name(fd, (uint8_t *)found, prestat.u.dir.pr_name_len)) continue;
    if (!memcmp(found, name, strlen(name))) return fd;
  }
}

static const struct {
  const char *name;
  void (*run)(void);
} parts[] = {
    {"files", test_files},           {"positions", test_positions}, {"status", test_status},
    {"directories", test_directories}, {"names", test_names},       {"links", test_links},
    {"paths", test_paths},           {"readonly", test_readonly},   {"others", test_others},
};

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  root = find(argv[2]);
  TRUE(root != NO_FD);
  int known = 0;
  for (size_t at = 0; at < sizeof parts / sizeof *parts; at++) {
    if (strcmp(parts[at].name, argv[1])) continue;
    known = 1;
    parts[at].run();
  }
  TRUE(known);
  return failures ? 1 : 0;
}
