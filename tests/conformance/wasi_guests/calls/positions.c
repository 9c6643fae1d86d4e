/* fd_seek, fd_tell, fd_pread, fd_pwrite, appending, fd_allocate, fd_filestat_set_size, fd_sync. */
#include "check.h"

static __wasi_filesize_t size_of(__wasi_fd_t fd) {
  __wasi_filestat_t stat = {0};
  OK(__wasi_fd_filestat_get(fd, &stat));
  return stat.size;
}

static void seeking(void) {
  __wasi_fd_t fd = made("file", "0123456789"), dir;
  __wasi_filesize_t at = 99;
  OK(__wasi_fd_tell(fd, &at));
  TRUE(at == 10);
  OK(__wasi_fd_seek(fd, -4, __WASI_WHENCE_END, &at));
  TRUE(at == 6);
  OK(__wasi_fd_seek(fd, -2, __WASI_WHENCE_CUR, &at));
  TRUE(at == 4);
  OK(__wasi_fd_seek(fd, 1000, __WASI_WHENCE_CUR, &at));
  TRUE(at == 1004);
  ERRNO_IS(INVAL, __wasi_fd_seek(fd, -2000, __WASI_WHENCE_CUR, &at));
  ERRNO_IS(INVAL, __wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at));
  ERRNO_IS(INVAL, __wasi_fd_seek(fd, 0, 3, &at));
  ERRNO_IS(OVERFLOW, __wasi_fd_seek(fd, INT64_MAX, __WASI_WHENCE_CUR, &at));
  OK(__wasi_fd_tell(fd, &at));
  TRUE(at == 1004);
  ERRNO_IS(SPIPE, __wasi_fd_seek(1, 0, __WASI_WHENCE_CUR, &at));
  ERRNO_IS(SPIPE, __wasi_fd_tell(1, &at));
  ERRNO_IS(BADF, __wasi_fd_seek(NO_FD, 0, __WASI_WHENCE_CUR, &at));
  ERRNO_IS(BADF, __wasi_fd_tell(NO_FD, &at));
  OK(open_at(root, 0, ".", 0, READ, 0, &dir));
  ERRNO_IS(ISDIR, __wasi_fd_seek(dir, 0, __WASI_WHENCE_SET, &at));
  ERRNO_IS(ISDIR, __wasi_fd_tell(dir, &at));
  OK(__wasi_fd_close(dir));
  OK(__wasi_fd_close(fd));
  OK(open_at(root, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, &fd));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_tell(fd, &at));
  OK(__wasi_fd_close(fd));
  /* telling is seeking to where one is */
  OK(open_at(root, 0, "file", 0, __WASI_RIGHTS_FD_TELL, 0, &fd));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_seek(fd, 1, __WASI_WHENCE_CUR, &at));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

static void at_positions(void) {
  __wasi_fd_t fd = made("file", "");
  uint8_t bytes[6] = {1, 2, 3, 4, 5, 6};
  __wasi_ciovec_t out[2] = {{bytes, 2}, {bytes + 2, 4}};
  __wasi_size_t count;
  __wasi_filesize_t at;
  OK(__wasi_fd_pwrite(fd, out, 2, 4, &count));
  TRUE(count == 6 && size_of(fd) == 10);
  OK(__wasi_fd_tell(fd, &at));
  TRUE(at == 0);
  uint8_t read[12];
  memset(read, 9, sizeof read);
  __wasi_iovec_t in[2] = {{read, 3}, {read + 3, 9}};
  OK(__wasi_fd_pread(fd, in, 2, 2, &count));
  TRUE(count == 8);
  static const uint8_t expected[12] = {0, 0, 1, 2, 3, 4, 5, 6, 9, 9, 9, 9};
  TRUE(!memcmp(read, expected, 12));
  OK(__wasi_fd_pread(fd, in, 1, 10, &count));
  TRUE(count == 0);
  OK(__wasi_fd_pread(fd, in, 1, 1 << 30, &count));
  TRUE(count == 0);
  ERRNO_IS(FBIG, __wasi_fd_pwrite(fd, out, 1, UINT64_MAX, &count));
  ERRNO_IS(SPIPE, __wasi_fd_pread(0, in, 1, 0, &count));
  ERRNO_IS(SPIPE, __wasi_fd_pwrite(1, out, 1, 0, &count));
  ERRNO_IS(BADF, __wasi_fd_pread(NO_FD, in, 1, 0, &count));
  ERRNO_IS(BADF, __wasi_fd_pwrite(NO_FD, out, 1, 0, &count));
  ERRNO_IS(INVAL, __wasi_fd_pread(fd, in, (size_t)-1, 0, &count));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", 0, READ, 0, &dir));
  ERRNO_IS(ISDIR, __wasi_fd_pread(dir, in, 1, 0, &count));
  ERRNO_IS(ISDIR, __wasi_fd_pwrite(dir, out, 1, 0, &count));
  OK(__wasi_fd_close(dir));
  OK(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_pread(fd, in, 1, 0, &count));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_pwrite(fd, out, 1, 0, &count));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

static void appending(void) {
  __wasi_fd_t fd;
  __wasi_filesize_t at;
  OK(open_at(root, 0, "file", CREAT, WRITE, __WASI_FDFLAGS_APPEND, &fd));
  TRUE(write_all(fd, "one") == 3);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  TRUE(write_all(fd, "two") == 3);
  OK(__wasi_fd_tell(fd, &at));
  TRUE(at == 6 && size_of(fd) == 6);
  OK(__wasi_fd_fdstat_set_flags(fd, 0));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  TRUE(write_all(fd, "ONE") == 3);
  TRUE(size_of(fd) == 6);
  __wasi_fdflags_t flags = __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC | __WASI_FDFLAGS_DSYNC |
                           __WASI_FDFLAGS_RSYNC | __WASI_FDFLAGS_NONBLOCK;
  OK(__wasi_fd_fdstat_set_flags(fd, flags));
  __wasi_fdstat_t stat;
  OK(__wasi_fd_fdstat_get(fd, &stat));
  TRUE(stat.fs_flags == flags);
  TRUE(write_all(fd, "!") == 1);
  OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_DSYNC));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  TRUE(write_all(fd, "x") == 1);
  ERRNO_IS(INVAL, __wasi_fd_fdstat_set_flags(fd, 0x20));
  ERRNO_IS(BADF, __wasi_fd_fdstat_set_flags(NO_FD, 0));
  ERRNO_IS(NOTSUP, __wasi_fd_fdstat_set_flags(1, __WASI_FDFLAGS_SYNC));
  OK(__wasi_fd_fdstat_set_flags(1, __WASI_FDFLAGS_NONBLOCK));
  OK(__wasi_fd_fdstat_set_flags(1, 0));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

static void sizes(void) {
  __wasi_fd_t fd = made("file", "hello"), dir, plain;
  OK(__wasi_fd_allocate(fd, 0, 100));
  TRUE(size_of(fd) == 100);
  OK(__wasi_fd_allocate(fd, 10, 10));
  TRUE(size_of(fd) == 100);
  OK(__wasi_fd_allocate(fd, 90, 20));
  TRUE(size_of(fd) == 110);
  ERRNO_IS(INVAL, __wasi_fd_allocate(fd, 0, 0));
  ERRNO_IS(FBIG, __wasi_fd_allocate(fd, UINT64_MAX, 1));
  ERRNO_IS(SPIPE, __wasi_fd_allocate(1, 0, 1));
  ERRNO_IS(BADF, __wasi_fd_allocate(NO_FD, 0, 1));
  OK(__wasi_fd_filestat_set_size(fd, 2));
  TRUE(size_of(fd) == 2);
  OK(__wasi_fd_filestat_set_size(fd, 4));
  char read[4] = {9, 9, 9, 9};
  __wasi_iovec_t in = {(uint8_t *)read, 4};
  __wasi_size_t count;
  OK(__wasi_fd_pread(fd, &in, 1, 0, &count));
  TRUE(count == 4 && !memcmp(read, "he\0\0", 4));
  ERRNO_IS(FBIG, __wasi_fd_filestat_set_size(fd, UINT64_MAX));
  ERRNO_IS(INVAL, __wasi_fd_filestat_set_size(1, 1));
  ERRNO_IS(BADF, __wasi_fd_filestat_set_size(NO_FD, 1));
  OK(__wasi_fd_advise(fd, 0, 10, __WASI_ADVICE_WILLNEED));
  ERRNO_IS(INVAL, __wasi_fd_advise(fd, 0, 10, 6));
  ERRNO_IS(SPIPE, __wasi_fd_advise(1, 0, 10, 0));
  ERRNO_IS(BADF, __wasi_fd_advise(NO_FD, 0, 10, 0));
  OK(__wasi_fd_sync(fd));
  OK(__wasi_fd_datasync(fd));
  ERRNO_IS(INVAL, __wasi_fd_sync(1));
  ERRNO_IS(INVAL, __wasi_fd_datasync(1));
  ERRNO_IS(BADF, __wasi_fd_sync(NO_FD));
  ERRNO_IS(BADF, __wasi_fd_datasync(NO_FD));
  OK(open_at(root, 0, ".", 0, READ, 0, &dir));
  ERRNO_IS(ISDIR, __wasi_fd_allocate(dir, 0, 1));
  ERRNO_IS(ISDIR, __wasi_fd_filestat_set_size(dir, 0));
  ERRNO_IS(ISDIR, __wasi_fd_advise(dir, 0, 0, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_sync(dir));
  OK(__wasi_fd_close(dir));
  OK(open_at(root, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, &plain));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_allocate(plain, 0, 1));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_filestat_set_size(plain, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_advise(plain, 0, 0, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_sync(plain));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_datasync(plain));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_fdstat_set_flags(plain, 0));
  OK(__wasi_fd_close(plain));
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

void test_positions(void) {
  seeking();
  at_positions();
  appending();
  sizes();
}
