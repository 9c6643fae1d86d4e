/* path_open, fd_read, fd_write, fd_close, fd_renumber. */
#include "check.h"

static __wasi_errno_t read_some(__wasi_fd_t fd, char *into, size_t size, __wasi_size_t *count) {
  __wasi_iovec_t vector = {(uint8_t *)into, size};
  return __wasi_fd_read(fd, &vector, 1, count);
}

static __wasi_errno_t write_some(__wasi_fd_t fd, const char *text) {
  __wasi_ciovec_t vector = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t count;
  return __wasi_fd_write(fd, &vector, 1, &count);
}

static void opening(void) {
  __wasi_fd_t fd, other;
  __wasi_fdstat_t stat;
  ERRNO_IS(NOENT, open_at(root, 0, "missing", 0, READ, 0, &fd));
  ERRNO_IS(BADF, open_at(NO_FD, 0, "missing", 0, READ, 0, &fd));
  ERRNO_IS(NOTDIR, open_at(1, 0, "missing", 0, READ, 0, &fd));
  fd = made("file", "hello");
  ERRNO_IS(NOTDIR, open_at(fd, 0, "below", CREAT, 0, 0, &other));
  OK(__wasi_fd_close(fd));
  ERRNO_IS(BADF, __wasi_fd_close(fd));
  ERRNO_IS(EXIST, open_at(root, 0, "file", CREAT | __WASI_OFLAGS_EXCL, WRITE, 0, &fd));
  ERRNO_IS(NOTDIR, open_at(root, 0, "file", __WASI_OFLAGS_DIRECTORY, READ, 0, &fd));
  ERRNO_IS(NOTDIR, open_at(root, 0, "file/below", CREAT, WRITE, 0, &fd));
  ERRNO_IS(INVAL, open_at(root, 0, "d", CREAT | __WASI_OFLAGS_DIRECTORY, WRITE, 0, &fd));
  ERRNO_IS(INVAL, open_at(root, 0, "file", 0x10, READ, 0, &fd));
  ERRNO_IS(INVAL, open_at(root, 0, "file", 0, READ, 0x20, &fd));
  ERRNO_IS(ISDIR, open_at(root, 0, "new/", CREAT, WRITE, 0, &fd));
  OK(__wasi_path_create_directory(root, "directory"));
  ERRNO_IS(ISDIR, open_at(root, 0, "directory", 0, WRITE, 0, &fd));
  ERRNO_IS(ISDIR, open_at(root, 0, "directory", __WASI_OFLAGS_DIRECTORY, WRITE, 0, &fd));
  ERRNO_IS(ISDIR, open_at(root, 0, "directory", CREAT, READ, 0, &fd));
  ERRNO_IS(ISDIR, open_at(root, 0, "directory", __WASI_OFLAGS_TRUNC, 0, 0, &fd));
  OK(open_at(root, 0, "directory", __WASI_OFLAGS_DIRECTORY, READ, 0, &fd));
  OK(__wasi_fd_fdstat_get(fd, &stat));
  TRUE(stat.fs_filetype == __WASI_FILETYPE_DIRECTORY);
  TRUE((stat.fs_rights_base & (__WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_READ)) == 0);
  OK(__wasi_fd_close(fd));
  OK(open_at(root, 0, ".", 0, 0, __WASI_FDFLAGS_NONBLOCK, &fd));
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_remove_directory(root, "directory"));

  OK(open_at(root, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, &fd));
  ERRNO_IS(NOTCAPABLE, write_some(fd, "x"));
  OK(open_at(root, 0, "file", 0, __WASI_RIGHTS_FD_WRITE, 0, &other));
  char byte;
  __wasi_size_t count;
  ERRNO_IS(NOTCAPABLE, read_some(other, &byte, 1, &count));
  /* what one descriptor writes another reads at once */
  OK(write_some(other, "J"));
  OK(read_some(fd, &byte, 1, &count));
  TRUE(count == 1 && byte == 'J');
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_close(other));

  OK(open_at(root, 0, "file", __WASI_OFLAGS_TRUNC, READ, 0, &fd));
  OK(read_some(fd, &byte, 1, &count));
  TRUE(count == 0);
  OK(__wasi_fd_close(fd));

  /* one that lost its name is still there for whoever has it open */
  fd = made("gone", "still");
  OK(unlink_at("gone"));
  ERRNO_IS(NOENT, open_at(root, 0, "gone", 0, READ, 0, &other));
  char text[8] = {0};
  __wasi_filesize_t at;
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  OK(read_some(fd, text, sizeof text, &count));
  TRUE(count == 5 && !memcmp(text, "still", 5));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

static void rights(void) {
  __wasi_fd_t dir, fd;
  __wasi_rights_t base = __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_UNLINK_FILE;
  made("file", "");
  OK(__wasi_path_open(root, 0, ".", 0, base, __WASI_RIGHTS_FD_READ, 0, &dir));
  ERRNO_IS(NOTCAPABLE, open_at(dir, 0, "new", CREAT, 0, 0, &fd));
  ERRNO_IS(NOTCAPABLE, open_at(dir, 0, "file", __WASI_OFLAGS_TRUNC, 0, 0, &fd));
  ERRNO_IS(NOTCAPABLE, open_at(dir, 0, "file", 0, __WASI_RIGHTS_FD_WRITE, 0, &fd));
  OK(open_at(dir, 0, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_TELL, 0, &fd));
  __wasi_filesize_t at;
  ERRNO_IS(NOTCAPABLE, __wasi_fd_tell(fd, &at));
  ERRNO_IS(NOTCAPABLE, __wasi_path_create_directory(dir, "d"));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_fdstat_set_rights(dir, base | __WASI_RIGHTS_PATH_SYMLINK, 0));
  OK(__wasi_fd_fdstat_set_rights(dir, __WASI_RIGHTS_PATH_UNLINK_FILE, 0));
  ERRNO_IS(NOTCAPABLE, open_at(dir, 0, "file", 0, 0, 0, &fd));
  OK(__wasi_path_unlink_file(dir, "file"));
  OK(__wasi_fd_close(dir));
}

static void numbers(void) {
  __wasi_fd_t a = made("a", "a"), b = made("b", "b");
  __wasi_fdstat_t stat;
  ERRNO_IS(BADF, __wasi_fd_renumber(a, NO_FD));
  ERRNO_IS(BADF, __wasi_fd_renumber(NO_FD, a));
  ERRNO_IS(BADF, __wasi_fd_renumber(a, 0x7fffffff));
  OK(__wasi_fd_renumber(a, a));
  OK(__wasi_fd_renumber(a, b));
  ERRNO_IS(BADF, __wasi_fd_fdstat_get(a, &stat));
  OK(__wasi_fd_fdstat_get(b, &stat));
  __wasi_size_t count;
  char byte;
  __wasi_filesize_t at;
  OK(__wasi_fd_seek(b, 0, __WASI_WHENCE_SET, &at));
  OK(read_some(b, &byte, 1, &count));
  TRUE(byte == 'a');
  /* the lowest number that is free comes next */
  __wasi_fd_t next;
  OK(open_at(root, 0, "a", 0, READ, 0, &next));
  TRUE(next == a);
  OK(__wasi_fd_close(next));
  OK(__wasi_fd_close(b));
  OK(unlink_at("a"));
  OK(unlink_at("b"));

  __wasi_fd_t opened[2048];
  int many = 0;
  made("many", "");
  __wasi_errno_t last = 0;
  while (many < 2048 && !(last = open_at(root, 0, "many", 0, READ, 0, &opened[many]))) many++;
  TRUE(last == __WASI_ERRNO_MFILE);
  TRUE(many > 500 && many < 1100);
  while (many > 0) OK(__wasi_fd_close(opened[--many]));
  OK(unlink_at("many"));
}

static void pointers(void) {
  __wasi_fd_t fd = made("file", "hello");
  __wasi_size_t count;
  __wasi_iovec_t vector = {(uint8_t *)0xfffffff0, 8};
  ERRNO_IS(FAULT, __wasi_fd_read(fd, &vector, 1, &count));
  vector.buf = (uint8_t *)16;
  vector.buf_len = 0xffffffff;
  ERRNO_IS(FAULT, __wasi_fd_write(fd, (__wasi_ciovec_t *)&vector, 1, &count));
  ERRNO_IS(INVAL, __wasi_fd_write(fd, (__wasi_ciovec_t *)&vector, (size_t)-1, &count));
  ERRNO_IS(INVAL, __wasi_fd_read(fd, &vector, 0x7fffffff, &count));
  vector.buf_len = 0;
  OK(__wasi_fd_read(fd, &vector, 1, &count));
  TRUE(count == 0);
  OK(__wasi_fd_write(fd, (__wasi_ciovec_t *)&vector, 0, &count));
  TRUE(count == 0);
  ERRNO_IS(FAULT, __wasi_fd_write(fd, (__wasi_ciovec_t *)&vector, 1, (__wasi_size_t *)0xfffffffe));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

void test_files(void) {
  opening();
  rights();
  numbers();
  pointers();
}
