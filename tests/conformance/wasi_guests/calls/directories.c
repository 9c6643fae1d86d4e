/* path_create_directory, path_remove_directory, fd_readdir, fd_prestat_get, fd_prestat_dir_name. */
#include "check.h"

#include <stdlib.h>

/** Reads a whole directory through a buffer of `size` bytes; how many entries, or -1. */
static int count_entries(__wasi_fd_t fd, size_t size, const char *wanted, __wasi_inode_t *ino) {
  uint8_t *buffer = malloc(size);
  __wasi_dircookie_t cookie = 0;
  int count = 0;
  for (;;) {
    __wasi_size_t used = 0;
    if (__wasi_fd_readdir(fd, buffer, size, cookie, &used)) return -1;
    size_t at = 0;
    while (at + sizeof(__wasi_dirent_t) <= used) {
      __wasi_dirent_t entry;
      memcpy(&entry, buffer + at, sizeof entry);
      if (at + sizeof entry + entry.d_namlen > used) break;
      const char *name = (char *)buffer + at + sizeof entry;
      if (wanted && strlen(wanted) == entry.d_namlen && !memcmp(wanted, name, entry.d_namlen)) {
        *ino = entry.d_ino;
      }
      at += sizeof entry + entry.d_namlen;
      cookie = entry.d_next;
      count++;
    }
    if (used < size) break;
  }
  free(buffer);
  return count;
}

static void making(void) {
  OK(__wasi_path_create_directory(root, "d"));
  ERRNO_IS(EXIST, __wasi_path_create_directory(root, "d"));
  ERRNO_IS(EXIST, __wasi_path_create_directory(root, "d/"));
  ERRNO_IS(EXIST, __wasi_path_create_directory(root, "."));
  OK(__wasi_path_create_directory(root, "d/e/"));
  ERRNO_IS(NOENT, __wasi_path_create_directory(root, "x/y"));
  ERRNO_IS(BADF, __wasi_path_create_directory(NO_FD, "x"));
  ERRNO_IS(NOTDIR, __wasi_path_create_directory(1, "x"));
  ERRNO_IS(NOTEMPTY, __wasi_path_remove_directory(root, "d"));
  OK(__wasi_path_remove_directory(root, "d/e/"));
  OK(__wasi_path_remove_directory(root, "d"));
  ERRNO_IS(NOENT, __wasi_path_remove_directory(root, "d"));
  ERRNO_IS(INVAL, __wasi_path_remove_directory(root, "."));
  ERRNO_IS(BADF, __wasi_path_remove_directory(NO_FD, "d"));
  OK(__wasi_fd_close(made("file", "")));
  ERRNO_IS(EXIST, __wasi_path_create_directory(root, "file"));
  ERRNO_IS(NOTDIR, __wasi_path_create_directory(root, "file/d"));
  ERRNO_IS(NOTDIR, __wasi_path_remove_directory(root, "file"));
  ERRNO_IS(NOTDIR, __wasi_path_remove_directory(root, "file/"));
  OK(unlink_at("file"));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", 0, __WASI_RIGHTS_PATH_OPEN, 0, &dir));
  ERRNO_IS(NOTCAPABLE, __wasi_path_create_directory(dir, "d"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_remove_directory(dir, "d"));
  OK(__wasi_fd_close(dir));
}

static void reading(void) {
  __wasi_fd_t dir;
  __wasi_filestat_t own, stat;
  __wasi_inode_t ino = 0;
  OK(__wasi_path_create_directory(root, "d"));
  OK(open_at(root, 0, "d", __WASI_OFLAGS_DIRECTORY,
             __WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_FD_FILESTAT_GET, 0, &dir));
  OK(__wasi_fd_filestat_get(dir, &own));
  TRUE(count_entries(dir, 256, ".", &ino) == 2);
  TRUE(ino == own.ino);
  char name[32];
  for (int at = 0; at < 300; at++) {
    snprintf(name, sizeof name, "d/file.%d", at);
    OK(__wasi_fd_close(made(name, "")));
  }
  OK(stat_at("d/file.7", &stat));
  /* any size that holds one entry reads them all */
  TRUE(count_entries(dir, 40, "file.7", &ino) == 302);
  TRUE(ino == stat.ino);
  TRUE(count_entries(dir, 256, NULL, NULL) == 302);
  TRUE(count_entries(dir, 65536, NULL, NULL) == 302);
  uint8_t buffer[64];
  __wasi_size_t used = 99;
  OK(__wasi_fd_readdir(dir, buffer, 10, 0, &used));
  TRUE(used == 10);
  OK(__wasi_fd_readdir(dir, buffer, sizeof buffer, 100000, &used));
  TRUE(used == 0);
  OK(__wasi_fd_readdir(dir, buffer, sizeof buffer, UINT64_MAX, &used));
  TRUE(used == 0);
  OK(__wasi_fd_readdir(dir, buffer, 0, 0, &used));
  TRUE(used == 0);
  ERRNO_IS(BADF, __wasi_fd_readdir(NO_FD, buffer, sizeof buffer, 0, &used));
  ERRNO_IS(NOTDIR, __wasi_fd_readdir(1, buffer, sizeof buffer, 0, &used));
  ERRNO_IS(FAULT, __wasi_fd_readdir(dir, (uint8_t *)0xfffffff0, 64, 0, &used));
  OK(__wasi_fd_fdstat_set_rights(dir, 0, 0));
  ERRNO_IS(NOTCAPABLE, __wasi_fd_readdir(dir, buffer, sizeof buffer, 0, &used));
  OK(__wasi_fd_close(dir));
  for (int at = 0; at < 300; at++) {
    snprintf(name, sizeof name, "d/file.%d", at);
    OK(unlink_at(name));
  }
  OK(__wasi_path_remove_directory(root, "d"));
}

static void preopened(void) {
  __wasi_prestat_t prestat;
  char name[256];
  OK(__wasi_fd_prestat_get(root, &prestat));
  TRUE(prestat.tag == __WASI_PREOPENTYPE_DIR);
  size_t length = prestat.u.dir.pr_name_len;
  OK(__wasi_fd_prestat_dir_name(root, (uint8_t *)name, length));
  OK(__wasi_fd_prestat_dir_name(root, (uint8_t *)name, length + 1));
  ERRNO_IS(NAMETOOLONG, __wasi_fd_prestat_dir_name(root, (uint8_t *)name, length - 1));
  ERRNO_IS(BADF, __wasi_fd_prestat_get(1, &prestat));
  ERRNO_IS(BADF, __wasi_fd_prestat_get(NO_FD, &prestat));
  ERRNO_IS(BADF, __wasi_fd_prestat_dir_name(NO_FD, (uint8_t *)name, length));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", __WASI_OFLAGS_DIRECTORY, READ, 0, &dir));
  ERRNO_IS(BADF, __wasi_fd_prestat_get(dir, &prestat));
  __wasi_size_t count;
  __wasi_iovec_t in = {(uint8_t *)name, 1};
  ERRNO_IS(ISDIR, __wasi_fd_read(dir, &in, 1, &count));
  ERRNO_IS(ISDIR, __wasi_fd_write(dir, (__wasi_ciovec_t *)&in, 1, &count));
  /* a preopened directory can be closed, and be another */
  __wasi_filestat_t before, after;
  OK(__wasi_fd_filestat_get(dir, &before));
  OK(__wasi_fd_renumber(dir, root));
  OK(__wasi_fd_filestat_get(root, &after));
  TRUE(before.ino == after.ino && before.dev == after.dev);
  ERRNO_IS(BADF, __wasi_fd_prestat_get(root, &prestat));
  OK(__wasi_fd_close(root));
}

void test_directories(void) {
  making();
  reading();
  preopened();
}
