/* fd_filestat_get, fd_filestat_set_times, path_filestat_get, path_filestat_set_times. */
#include "check.h"

static void facts(void) {
  __wasi_fd_t a = made("a", "12345"), b = made("b", "");
  __wasi_filestat_t first, second, named;
  OK(__wasi_fd_filestat_get(a, &first));
  OK(__wasi_fd_filestat_get(b, &second));
  OK(stat_at("a", &named));
  TRUE(first.filetype == __WASI_FILETYPE_REGULAR_FILE && first.size == 5 && first.nlink == 1);
  TRUE(first.dev == second.dev && first.ino != second.ino);
  TRUE(first.ino == named.ino && first.dev == named.dev && first.size == named.size);
  TRUE(first.mtim > 0 && first.atim > 0 && first.ctim > 0);
  OK(stat_at(".", &named));
  TRUE(named.filetype == __WASI_FILETYPE_DIRECTORY);
  OK(__wasi_fd_filestat_get(root, &second));
  TRUE(second.ino == named.ino);
  OK(__wasi_fd_filestat_get(0, &first));
  TRUE(first.filetype != __WASI_FILETYPE_REGULAR_FILE);
  ERRNO_IS(BADF, __wasi_fd_filestat_get(NO_FD, &first));
  ERRNO_IS(NOENT, stat_at("missing", &named));
  ERRNO_IS(NOTDIR, stat_at("a/", &named));
  ERRNO_IS(NOTDIR, stat_at("a/b", &named));
  ERRNO_IS(BADF, __wasi_path_filestat_get(NO_FD, 0, "a", &named));
  ERRNO_IS(NOTDIR, __wasi_path_filestat_get(a, 0, "a", &named));
  OK(__wasi_fd_fdstat_set_rights(a, 0, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_filestat_get(a, &first));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", 0, __WASI_RIGHTS_PATH_OPEN, 0, &dir));
  ERRNO_IS(NOTCAPABLE, __wasi_path_filestat_get(dir, 0, "a", &named));
  ERRNO_IS(NOTCAPABLE, __wasi_path_filestat_set_times(dir, 0, "a", 0, 0, 0));
  OK(__wasi_fd_close(dir));
  OK(__wasi_fd_close(a));
  OK(__wasi_fd_close(b));
  OK(unlink_at("a"));
  OK(unlink_at("b"));
}

#define ATIM __WASI_FSTFLAGS_ATIM
#define MTIM __WASI_FSTFLAGS_MTIM
#define ATIM_NOW __WASI_FSTFLAGS_ATIM_NOW
#define MTIM_NOW __WASI_FSTFLAGS_MTIM_NOW

static void times(void) {
  __wasi_fd_t fd = made("file", "x");
  __wasi_filestat_t before, after;
  OK(__wasi_fd_filestat_get(fd, &before));
  OK(__wasi_fd_filestat_set_times(fd, 1, before.mtim - 100, MTIM));
  OK(__wasi_fd_filestat_get(fd, &after));
  TRUE(after.mtim == before.mtim - 100 && after.atim == before.atim && after.size == 1);
  OK(__wasi_path_filestat_set_times(root, 0, "file", 1234567890123456789, 1, ATIM));
  OK(stat_at("file", &after));
  TRUE(after.atim == 1234567890123456789 && after.mtim == before.mtim - 100);
  OK(__wasi_path_filestat_set_times(root, 0, "file", 0, 0, ATIM_NOW | MTIM_NOW));
  OK(stat_at("file", &after));
  TRUE(after.atim == after.mtim && after.mtim >= before.mtim);
  ERRNO_IS(INVAL, __wasi_fd_filestat_set_times(fd, 1, 1, MTIM | MTIM_NOW));
  ERRNO_IS(INVAL, __wasi_fd_filestat_set_times(fd, 1, 1, ATIM | ATIM_NOW));
  ERRNO_IS(INVAL, __wasi_fd_filestat_set_times(fd, 1, 1, 16));
  ERRNO_IS(INVAL, __wasi_path_filestat_set_times(root, 0, "file", 1, 1, MTIM | MTIM_NOW));
  ERRNO_IS(INVAL, __wasi_path_filestat_set_times(root, 0, "file", 1, 1, ATIM | ATIM_NOW));
  ERRNO_IS(NOENT, __wasi_path_filestat_set_times(root, 0, "missing", 1, 1, MTIM));
  ERRNO_IS(BADF, __wasi_fd_filestat_set_times(NO_FD, 1, 1, MTIM));
  ERRNO_IS(BADF, __wasi_path_filestat_set_times(NO_FD, 0, "file", 1, 1, MTIM));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_filestat_set_times(1, 1, 1, MTIM));
  __wasi_filestat_t same;
  OK(stat_at("file", &same));
  TRUE(same.mtim == after.mtim && same.atim == after.atim);
  OK(__wasi_fd_close(fd));

  /* a link has times of its own */
  OK(__wasi_path_symlink("file", root, "link"));
  __wasi_filestat_t link;
  OK(stat_at("link", &link));
  TRUE(link.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
  OK(__wasi_path_filestat_set_times(root, 0, "link", 0, link.mtim - 200, MTIM));
  OK(stat_at("link", &after));
  TRUE(after.mtim == link.mtim - 200);
  OK(stat_at("file", &after));
  TRUE(after.mtim == same.mtim);
  OK(__wasi_path_filestat_get(root, FOLLOW, "link", &after));
  TRUE(after.mtim == same.mtim && after.ino == same.ino);
  OK(__wasi_path_filestat_set_times(root, FOLLOW, "link", 0, link.mtim - 300, MTIM));
  OK(stat_at("file", &after));
  TRUE(after.mtim == link.mtim - 300);
  OK(unlink_at("link"));
  OK(unlink_at("file"));
}

static void flags(void) {
  __wasi_fdstat_t stat;
  OK(__wasi_fd_fdstat_get(root, &stat));
  TRUE(stat.fs_filetype == __WASI_FILETYPE_DIRECTORY && stat.fs_flags == 0);
  TRUE((stat.fs_rights_base & __WASI_RIGHTS_FD_SEEK) == 0);
  TRUE((stat.fs_rights_base & __WASI_RIGHTS_FD_FILESTAT_SET_SIZE) == 0);
  TRUE((stat.fs_rights_base & __WASI_RIGHTS_PATH_FILESTAT_SET_SIZE) != 0);
  TRUE((stat.fs_rights_inheriting & __WASI_RIGHTS_FD_WRITE) != 0);
  __wasi_fd_t fd = made("file", "");
  OK(__wasi_fd_fdstat_get(fd, &stat));
  TRUE(stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
  TRUE((stat.fs_rights_base & __WASI_RIGHTS_PATH_OPEN) == 0);
  ERRNO_IS(BADF, __wasi_fd_fdstat_get(NO_FD, &stat));
  ERRNO_IS(BADF, __wasi_fd_fdstat_set_rights(NO_FD, 0, 0));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

void test_status(void) {
  facts();
  times();
  flags();
}
