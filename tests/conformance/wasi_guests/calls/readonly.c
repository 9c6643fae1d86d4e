/* A directory that is only read: "file" with "text" in it, and "d" are there. */
#include "check.h"

void test_readonly(void) {
  __wasi_fd_t fd;
  __wasi_filestat_t stat;
  __wasi_fdstat_t own;
  OK(__wasi_fd_fdstat_get(root, &own));
  TRUE((own.fs_rights_base & __WASI_RIGHTS_PATH_CREATE_FILE) == 0);
  TRUE((own.fs_rights_inheriting & __WASI_RIGHTS_FD_WRITE) == 0);
  OK(stat_at("file", &stat));
  TRUE(stat.size == 4);
  OK(open_at(root, 0, "file", 0, READ | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES, 0, &fd));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_filestat_set_times(fd, 0, 0, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_filestat_set_size(fd, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, WRITE, 0));
  OK(__wasi_fd_close(fd));
  ERRNO_IS(NOTCAPABLE, open_at(root, 0, "file", 0, WRITE, 0, &fd));
  ERRNO_IS(NOTCAPABLE, open_at(root, 0, "file", __WASI_OFLAGS_TRUNC, READ, 0, &fd));
  ERRNO_IS(NOTCAPABLE, open_at(root, 0, "new", CREAT, READ, 0, &fd));
  ERRNO_IS(NOTCAPABLE, __wasi_path_create_directory(root, "new"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_symlink("file", root, "new"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_link(root, 0, "file", root, "new"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_rename(root, "file", root, "new"));
  ERRNO_IS(NOTCAPABLE, unlink_at("file"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_remove_directory(root, "d"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_filestat_set_times(root, 0, "file", 0, 0, 0));
  OK(stat_at("file", &stat));
  TRUE(stat.size == 4);
}
