/* How paths are read, and that none leads out. */
#include "check.h"

__attribute__((import_module("wasi_snapshot_preview1"), import_name("path_filestat_get"))) int
host_filestat(int, int, const char *, int, __wasi_filestat_t *);

static __wasi_errno_t look(const char *path) {
  __wasi_filestat_t stat;
  return __wasi_path_filestat_get(root, FOLLOW, path, &stat);
}

static __wasi_errno_t look_bytes(const char *path, int length) {
  __wasi_filestat_t stat;
  return (__wasi_errno_t)host_filestat((int)root, 0, path, length, &stat);
}

void test_paths(void) {
  OK(__wasi_path_create_directory(root, "d"));
  OK(__wasi_path_create_directory(root, "d/e"));
  OK(__wasi_fd_close(made("d/e/file", "")));
  OK(look("d/.//e/../../d/e/../e///./file"));
  OK(look("./d/e/"));
  OK(look("d/e///"));
  OK(look("d/.."));
  OK(look("."));
  OK(look("./"));
  ERRNO_IS(NOENT, look(""));
  ERRNO_IS(NOTDIR, look("d/e/file/"));
  ERRNO_IS(NOTDIR, look("d/e/file///"));
  ERRNO_IS(NOTDIR, look("d/e/file/."));
  ERRNO_IS(NOTDIR, look("d/e/file/.."));
  ERRNO_IS(NOENT, look("missing/../d"));
  ERRNO_IS(NOTCAPABLE, look("/"));
  ERRNO_IS(NOTCAPABLE, look("/d"));
  ERRNO_IS(NOTCAPABLE, look(".."));
  ERRNO_IS(NOTCAPABLE, look("../d"));
  ERRNO_IS(NOTCAPABLE, look("d/../.."));
  ERRNO_IS(NOTCAPABLE, look("d/e/../../../d/e/file"));
  ERRNO_IS(INVAL, look_bytes("d/e/file\0", 9));
  ERRNO_IS(INVAL, look_bytes("d\0e", 3));
  ERRNO_IS(ILSEQ, look_bytes("\xff\xfe", 2));
  ERRNO_IS(FAULT, look_bytes((const char *)0xfffffff0, 64));
  ERRNO_IS(FAULT, look_bytes("d", -1));

  /* longest name, and one more */
  static char name[5000];
  memset(name, 'n', sizeof name);
  name[255] = 0;
  OK(__wasi_fd_close(made(name, "")));
  OK(look(name));
  OK(unlink_at(name));
  name[255] = 'n';
  name[256] = 0;
  ERRNO_IS(NAMETOOLONG, look(name));
  ERRNO_IS(NAMETOOLONG, __wasi_path_create_directory(root, name));
  for (size_t at = 0; at < sizeof name - 1; at++) name[at] = at % 2 ? '/' : '.';
  name[sizeof name - 1] = 0;
  ERRNO_IS(NAMETOOLONG, look(name));
  name[4000] = 0;
  OK(look(name));

  /* names that mean something elsewhere are names here */
  static const char *const names[] = {".hidden", "..a", "...", "a b", "\xc3\xa4\xf0\x9f\x98\x80", "%2e%2e", "~", "-"};
  for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
    OK(__wasi_fd_close(made(names[at], "")));
    OK(look(names[at]));
    OK(unlink_at(names[at]));
  }

  /* nothing above the directory that the walk begins in, even inside the preopened one */
  __wasi_fd_t dir;
  __wasi_filestat_t stat;
  OK(open_at(root, 0, "d/e", __WASI_OFLAGS_DIRECTORY,
             __WASI_RIGHTS_PATH_FILESTAT_GET | __WASI_RIGHTS_PATH_OPEN, 0, &dir));
  OK(__wasi_path_filestat_get(dir, 0, "file", &stat));
  ERRNO_IS(NOTCAPABLE, __wasi_path_filestat_get(dir, 0, "..", &stat));
  ERRNO_IS(NOTCAPABLE, __wasi_path_filestat_get(dir, 0, "../e/file", &stat));
  OK(__wasi_fd_close(dir));
  OK(unlink_at("d/e/file"));
  OK(__wasi_path_remove_directory(root, "d/e"));
  OK(__wasi_path_remove_directory(root, "d"));
}
