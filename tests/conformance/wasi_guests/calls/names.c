/* path_rename, path_unlink_file. */
#include "check.h"

static __wasi_errno_t move(const char *from, const char *to) {
  return __wasi_path_rename(root, from, root, to);
}

static int there(const char *path) {
  __wasi_filestat_t stat;
  return stat_at(path, &stat) == 0;
}

static void files(void) {
  OK(__wasi_fd_close(made("a", "a")));
  OK(move("a", "b"));
  TRUE(!there("a") && there("b"));
  OK(__wasi_fd_close(made("a", "new")));
  OK(move("a", "b"));
  __wasi_filestat_t stat;
  OK(stat_at("b", &stat));
  TRUE(stat.size == 3 && !there("a"));
  OK(move("b", "b"));
  TRUE(there("b"));
  ERRNO_IS(NOENT, move("missing", "c"));
  ERRNO_IS(NOENT, move("b", "missing/c"));
  ERRNO_IS(NOTDIR, move("b/", "c"));
  ERRNO_IS(NOTDIR, move("b", "c/"));
  ERRNO_IS(BADF, __wasi_path_rename(NO_FD, "b", root, "c"));
  ERRNO_IS(BADF, __wasi_path_rename(root, "b", NO_FD, "c"));
  OK(__wasi_path_create_directory(root, "d"));
  ERRNO_IS(ISDIR, move("b", "d"));
  ERRNO_IS(NOTDIR, move("d", "b"));
  OK(move("b", "d/b"));
  OK(move("d/b", "b"));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", 0, __WASI_RIGHTS_PATH_OPEN, 0, &dir));
  ERRNO_IS(NOTCAPABLE, __wasi_path_rename(dir, "b", root, "c"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_rename(root, "b", dir, "c"));
  OK(__wasi_fd_close(dir));
  OK(__wasi_path_remove_directory(root, "d"));
  OK(unlink_at("b"));
}

static void directories(void) {
  __wasi_fd_t dir, fd;
  OK(__wasi_path_create_directory(root, "d"));
  OK(move("d/", "e"));
  OK(move("e", "d/"));
  OK(move("d/", "e/"));
  TRUE(!there("d") && there("e"));
  OK(__wasi_path_create_directory(root, "d"));
  OK(move("d", "e"));
  TRUE(!there("d") && there("e"));
  OK(__wasi_path_create_directory(root, "d"));
  OK(__wasi_fd_close(made("e/file", "inside")));
  ERRNO_IS(NOTEMPTY, move("d", "e"));
  ERRNO_IS(NOTDIR, move("d", "e/file"));
  ERRNO_IS(INVAL, move("e", "e/f"));
  ERRNO_IS(BUSY, move(".", "f"));
  ERRNO_IS(BUSY, move("d", "."));
  /* an open directory goes along */
  OK(open_at(root, 0, "e", __WASI_OFLAGS_DIRECTORY,
             __WASI_RIGHTS_PATH_OPEN | READ | __WASI_RIGHTS_PATH_UNLINK_FILE, 0, &dir));
  OK(move("e", "d/moved"));
  OK(open_at(dir, 0, "file", 0, READ & ~0, 0, &fd));
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_unlink_file(dir, "file"));
  OK(__wasi_fd_close(dir));
  TRUE(!there("d/moved/file"));
  OK(__wasi_path_remove_directory(root, "d/moved"));
  OK(__wasi_path_remove_directory(root, "d"));
}

static void removing(void) {
  OK(__wasi_path_create_directory(root, "d"));
  ERRNO_IS(ISDIR, unlink_at("d"));
  ERRNO_IS(ISDIR, unlink_at("d/"));
  OK(__wasi_path_remove_directory(root, "d"));
  OK(__wasi_fd_close(made("file", "")));
  ERRNO_IS(NOTDIR, unlink_at("file/"));
  OK(unlink_at("file"));
  ERRNO_IS(NOENT, unlink_at("file"));
  ERRNO_IS(BADF, __wasi_path_unlink_file(NO_FD, "file"));
  ERRNO_IS(NOTDIR, __wasi_path_unlink_file(1, "file"));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", 0, __WASI_RIGHTS_PATH_OPEN, 0, &dir));
  ERRNO_IS(NOTCAPABLE, __wasi_path_unlink_file(dir, "file"));
  OK(__wasi_fd_close(dir));
}

void test_names(void) {
  files();
  directories();
  removing();
}
