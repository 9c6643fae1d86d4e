/* Uses files as C programs do, through wasi-libc, below the current directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int failures = 0;

#define TRUE(condition)                                                                    \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      failures++;                                                                          \
      printf("%d: not so: %s (errno %d: %s)\n", __LINE__, #condition, errno, strerror(errno)); \
    }                                                                                      \
  } while (0)

#define FAILS(expected, call)        \
  do {                               \
    errno = 0;                       \
    TRUE((call) == -1);              \
    TRUE(errno == (expected));       \
  } while (0)

static void standard_io(void) {
  FILE *file = fopen("numbers", "w+");
  TRUE(file != NULL);
  if (!file) return;
  for (int at = 0; at < 1000; at++) fprintf(file, "%d\n", at);
  TRUE(fseek(file, 0, SEEK_SET) == 0);
  int number, sum = 0;
  while (fscanf(file, "%d", &number) == 1) sum += number;
  TRUE(sum == 499500);
  TRUE(feof(file));
  TRUE(ftell(file) == 3890);
  TRUE(fclose(file) == 0);
  file = fopen("numbers", "a");
  TRUE(file != NULL && fputs("end", file) >= 0 && fclose(file) == 0);
  struct stat stat_;
  TRUE(stat("numbers", &stat_) == 0 && stat_.st_size == 3893 && S_ISREG(stat_.st_mode));
  TRUE(fopen("missing", "r") == NULL && errno == ENOENT);
  TRUE(remove("numbers") == 0);
}

static void descriptors(void) {
  char buffer[8] = {0};
  int fd = open("file", O_CREAT | O_TRUNC | O_RDWR | O_APPEND, 0600);
  TRUE(fd > 2 && write(fd, "ab", 2) == 2);
  TRUE(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "cd", 2) == 2);
  TRUE(lseek(fd, 0, SEEK_CUR) == 4);
  TRUE(pwrite(fd, "xyz", 3, 0) == 3 && lseek(fd, 0, SEEK_CUR) == 4);
  TRUE(pread(fd, buffer, 3, 0) == 3 && !memcmp(buffer, "xyz", 3));
  TRUE(ftruncate(fd, 10) == 0 && lseek(fd, 0, SEEK_END) == 10);
  TRUE(posix_fallocate(fd, 0, 20) == 0 && lseek(fd, 0, SEEK_END) == 20);
  TRUE(fsync(fd) == 0 && fdatasync(fd) == 0);
  FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
  TRUE(close(fd) == 0);
  FAILS(EBADF, close(fd));
  FAILS(EEXIST, open("file", O_CREAT | O_EXCL | O_WRONLY, 0600));
  FAILS(ENOTDIR, open("file", O_DIRECTORY | O_RDONLY));
  fd = open("file", O_RDONLY);
  TRUE(fd > 2);
  errno = 0;
  TRUE(write(fd, "x", 1) == -1 && (errno == EBADF || errno == ENOTCAPABLE));
  TRUE(isatty(fd) == 0 && close(fd) == 0);
  struct timespec times[2] = {{1000, 1}, {2000, 2}};
  TRUE(utimensat(AT_FDCWD, "file", times, 0) == 0);
  struct stat stat_;
  TRUE(stat("file", &stat_) == 0 && stat_.st_mtim.tv_sec == 2000 && stat_.st_mtim.tv_nsec == 2);
  TRUE(access("file", R_OK) == 0 && access("missing", F_OK) == -1);
  TRUE(unlink("file") == 0);
  FAILS(ENOENT, unlink("file"));
}

static void directories(void) {
  TRUE(mkdir("d", 0700) == 0 && mkdir("d/e", 0700) == 0);
  FAILS(EEXIST, mkdir("d", 0700));
  FAILS(ENOTEMPTY, rmdir("d"));
  char name[32];
  for (int at = 0; at < 200; at++) {
    snprintf(name, sizeof name, "d/%d", at);
    int fd = open(name, O_CREAT | O_WRONLY, 0600);
    TRUE(fd > 2 && close(fd) == 0);
  }
  DIR *dir = opendir("d");
  TRUE(dir != NULL);
  int count = 0, same = 0;
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    struct stat stat_;
    if (entry->d_name[0] == '.') continue;
    count++;
    if (!fstatat(dirfd(dir), entry->d_name, &stat_, AT_SYMLINK_NOFOLLOW)) {
      same += stat_.st_ino == entry->d_ino;
    }
  }
  TRUE(count == 201 && same == 201);
  if (dir) {
    rewinddir(dir);
    TRUE(readdir(dir) != NULL && closedir(dir) == 0);
  }
  TRUE(rename("d", "moved") == 0);
  FAILS(ENOENT, rename("d", "again"));
  for (int at = 0; at < 200; at++) {
    snprintf(name, sizeof name, "moved/%d", at);
    TRUE(unlink(name) == 0);
  }
  TRUE(rmdir("moved/e") == 0 && rmdir("moved") == 0);
  int fd = open(".", O_RDONLY | O_DIRECTORY);
  char byte;
  TRUE(fd > 2);
  FAILS(EISDIR, read(fd, &byte, 1));
  TRUE(close(fd) == 0);
}

static void links(void) {
  char target[16] = {0};
  FILE *file = fopen("file", "w");
  TRUE(file && fputs("text", file) >= 0 && fclose(file) == 0);
  TRUE(symlink("file", "soft") == 0 && link("file", "hard") == 0);
  TRUE(readlink("soft", target, sizeof target) == 4 && !strcmp(target, "file"));
  struct stat stat_, link_;
  TRUE(stat("soft", &stat_) == 0 && stat_.st_size == 4 && stat_.st_nlink == 2);
  TRUE(lstat("soft", &link_) == 0 && S_ISLNK(link_.st_mode) && link_.st_ino != stat_.st_ino);
  FAILS(ELOOP, open("soft", O_RDONLY | O_NOFOLLOW));
  TRUE(symlink("loop", "loop") == 0);
  FAILS(ELOOP, open("loop", O_RDONLY));
  TRUE(symlink("/etc/passwd", "absolute") == -1 && symlink("../../x", "up") == -1);
  TRUE(unlink("soft") == 0 && unlink("hard") == 0 && unlink("file") == 0 && unlink("loop") == 0);
}

int main(void) {
  standard_io();
  descriptors();
  directories();
  links();
  return failures ? 1 : 0;
}
