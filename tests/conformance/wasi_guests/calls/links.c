/* path_symlink, path_readlink, path_link. */
#include "check.h"

static __wasi_errno_t link_at(const char *from, const char *to) {
  return __wasi_path_link(root, 0, from, root, to);
}

static __wasi_errno_t symlink_at(const char *target, const char *path) {
  return __wasi_path_symlink(target, root, path);
}

static void symbolic(void) {
  __wasi_fd_t fd;
  __wasi_filestat_t stat;
  OK(__wasi_fd_close(made("target", "text")));
  OK(symlink_at("target", "link"));
  ERRNO_IS(EXIST, symlink_at("target", "link"));
  ERRNO_IS(EXIST, symlink_at("target", "target"));
  ERRNO_IS(NOENT, symlink_at("target", "new/"));
  ERRNO_IS(NOENT, symlink_at("", "new"));
  ERRNO_IS(NOENT, symlink_at("target", "missing/new"));
  ERRNO_IS(NOTCAPABLE, symlink_at("/etc/passwd", "new"));
  ERRNO_IS(NOTCAPABLE, symlink_at("../new", "new"));
  ERRNO_IS(BADF, __wasi_path_symlink("target", NO_FD, "new"));
  uint8_t text[16];
  memset(text, '?', sizeof text);
  __wasi_size_t used;
  OK(__wasi_path_readlink(root, "link", text, sizeof text, &used));
  TRUE(used == 6 && !memcmp(text, "target??", 8));
  OK(__wasi_path_readlink(root, "link", text, 3, &used));
  TRUE(used == 3);
  ERRNO_IS(INVAL, __wasi_path_readlink(root, "target", text, sizeof text, &used));
  ERRNO_IS(NOENT, __wasi_path_readlink(root, "missing", text, sizeof text, &used));
  ERRNO_IS(BADF, __wasi_path_readlink(NO_FD, "link", text, sizeof text, &used));
  ERRNO_IS(FAULT, __wasi_path_readlink(root, "link", (uint8_t *)0xfffffff0, 64, &used));
  ERRNO_IS(LOOP, open_at(root, 0, "link", 0, READ, 0, &fd));
  OK(open_at(root, FOLLOW, "link", 0, READ, 0, &fd));
  OK(__wasi_fd_close(fd));
  ERRNO_IS(EXIST, open_at(root, FOLLOW, "link", CREAT | __WASI_OFLAGS_EXCL, READ, 0, &fd));
  ERRNO_IS(NOTDIR, open_at(root, FOLLOW, "link", __WASI_OFLAGS_DIRECTORY, READ, 0, &fd));
  OK(stat_at("link", &stat));
  TRUE(stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK && stat.size == 6);
  OK(unlink_at("link"));

  OK(symlink_at("nowhere", "link"));
  ERRNO_IS(LOOP, open_at(root, 0, "link", 0, READ, 0, &fd));
  ERRNO_IS(NOENT, open_at(root, FOLLOW, "link", 0, READ, 0, &fd));
  /* what is made through it is what it points to */
  OK(open_at(root, FOLLOW, "link", CREAT, WRITE, 0, &fd));
  OK(__wasi_fd_close(fd));
  OK(stat_at("nowhere", &stat));
  OK(unlink_at("nowhere"));
  OK(unlink_at("link"));

  OK(symlink_at("link", "link"));
  ERRNO_IS(LOOP, open_at(root, 0, "link", 0, READ, 0, &fd));
  ERRNO_IS(LOOP, open_at(root, FOLLOW, "link", 0, READ, 0, &fd));
  ERRNO_IS(LOOP, __wasi_path_filestat_get(root, FOLLOW, "link", &stat));
  ERRNO_IS(LOOP, stat_at("link/below", &stat));
  OK(unlink_at("link"));

  OK(__wasi_path_create_directory(root, "d"));
  OK(__wasi_path_create_directory(root, "d/e"));
  OK(symlink_at("d/e", "link"));
  OK(symlink_at("../../target", "d/e/up"));
  OK(open_at(root, FOLLOW, "link/up", 0, READ, 0, &fd));
  OK(__wasi_fd_close(fd));
  OK(open_at(root, FOLLOW, "link", __WASI_OFLAGS_DIRECTORY, READ, 0, &fd));
  OK(__wasi_fd_close(fd));
  ERRNO_IS(LOOP, open_at(root, 0, "link", __WASI_OFLAGS_DIRECTORY, READ, 0, &fd));
  OK(open_at(root, 0, "link/", __WASI_OFLAGS_DIRECTORY, READ, 0, &fd));
  OK(__wasi_fd_close(fd));
  /* the same link leads out when the walk begins below */
  OK(open_at(root, 0, "d/e", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN | READ, 0, &fd));
  __wasi_fd_t out;
  ERRNO_IS(NOTCAPABLE, open_at(fd, FOLLOW, "up", 0, READ, 0, &out));
  OK(__wasi_fd_close(fd));
  /* and it is not moved to where it would lead out for everybody */
  ERRNO_IS(NOTCAPABLE, __wasi_path_rename(root, "d/e/up", root, "up"));
  ERRNO_IS(NOTCAPABLE, link_at("d/e/up", "up"));
  OK(unlink_at("d/e/up"));
  OK(unlink_at("link"));
  OK(__wasi_path_remove_directory(root, "d/e"));
  OK(__wasi_path_remove_directory(root, "d"));
  OK(unlink_at("target"));
  __wasi_fd_t dir;
  OK(open_at(root, 0, ".", 0, __WASI_RIGHTS_PATH_OPEN, 0, &dir));
  ERRNO_IS(NOTCAPABLE, __wasi_path_symlink("a", dir, "b"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_readlink(dir, "a", text, sizeof text, &used));
  ERRNO_IS(NOTCAPABLE, __wasi_path_link(dir, 0, "a", root, "b"));
  ERRNO_IS(NOTCAPABLE, __wasi_path_link(root, 0, "a", dir, "b"));
  OK(__wasi_fd_close(dir));
}

static void hard(void) {
  __wasi_filestat_t file, link;
  OK(__wasi_fd_close(made("file", "one")));
  OK(link_at("file", "link"));
  OK(stat_at("file", &file));
  OK(stat_at("link", &link));
  TRUE(file.ino == link.ino && file.nlink == 2 && link.nlink == 2 && link.size == 3);
  ERRNO_IS(EXIST, link_at("file", "link"));
  ERRNO_IS(EXIST, link_at("file", "file"));
  ERRNO_IS(NOENT, link_at("missing", "new"));
  ERRNO_IS(NOENT, link_at("file", "new/"));
  ERRNO_IS(NOTDIR, link_at("file/", "new"));
  ERRNO_IS(NOENT, link_at("file", "missing/new"));
  ERRNO_IS(INVAL, __wasi_path_link(root, FOLLOW, "file", root, "new"));
  ERRNO_IS(BADF, __wasi_path_link(NO_FD, 0, "file", root, "new"));
  ERRNO_IS(BADF, __wasi_path_link(root, 0, "file", NO_FD, "new"));
  OK(unlink_at("file"));
  OK(stat_at("link", &link));
  TRUE(link.nlink == 1 && link.size == 3);
  OK(__wasi_path_create_directory(root, "d"));
  ERRNO_IS(PERM, link_at("d", "new"));
  ERRNO_IS(EXIST, link_at("link", "d"));
  OK(link_at("link", "d/link"));
  OK(unlink_at("d/link"));
  OK(__wasi_path_remove_directory(root, "d"));
  OK(unlink_at("link"));
  OK(symlink_at("nowhere", "symbolic"));
  OK(link_at("symbolic", "link"));
  OK(stat_at("link", &link));
  TRUE(link.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
  OK(unlink_at("symbolic"));
  OK(unlink_at("link"));
}

void test_links(void) {
  symbolic();
  hard();
}
