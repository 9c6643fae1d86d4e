/* Clocks, randomness, polling, sockets, signals, arguments and environment. */
#include "check.h"

#include <stdlib.h>

static void clocks(void) {
  __wasi_timestamp_t time = 0, later = 0;
  for (__wasi_clockid_t id = 0; id < 2; id++) {
    OK(__wasi_clock_res_get(id, &time));
    TRUE(time > 0);
    OK(__wasi_clock_time_get(id, 1, &time));
    OK(__wasi_clock_time_get(id, 0, &later));
    TRUE(time > 0 && later >= time);
  }
  ERRNO_IS(NOTSUP, __wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &time));
  ERRNO_IS(NOTSUP, __wasi_clock_res_get(__WASI_CLOCKID_THREAD_CPUTIME_ID, &time));
  ERRNO_IS(INVAL, __wasi_clock_time_get(4, 0, &time));
  ERRNO_IS(INVAL, __wasi_clock_res_get(99, &time));
  ERRNO_IS(FAULT, __wasi_clock_time_get(0, 0, (__wasi_timestamp_t *)0xfffffffc));
  ERRNO_IS(FAULT, __wasi_clock_res_get(0, (__wasi_timestamp_t *)0xfffffffc));
}

static void randomness(void) {
  static uint8_t bytes[70000];
  OK(__wasi_random_get(bytes, sizeof bytes));
  int zeros = 0;
  for (size_t at = 0; at < sizeof bytes; at++) zeros += bytes[at] == 0;
  TRUE(zeros < 1000);
  OK(__wasi_random_get(bytes, 0));
  ERRNO_IS(FAULT, __wasi_random_get(bytes, 0xffffffff));
  ERRNO_IS(FAULT, __wasi_random_get((uint8_t *)0xfffffff0, 64));
}

static __wasi_subscription_t on_clock(uint64_t userdata, uint64_t timeout, int absolute) {
  __wasi_subscription_t one = {.userdata = userdata};
  one.u.tag = __WASI_EVENTTYPE_CLOCK;
  one.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  one.u.u.clock.timeout = timeout;
  one.u.u.clock.flags = absolute ? __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME : 0;
  return one;
}

static __wasi_subscription_t on_fd(uint64_t userdata, uint8_t tag, __wasi_fd_t fd) {
  __wasi_subscription_t one = {.userdata = userdata};
  one.u.tag = tag;
  one.u.u.fd_read.file_descriptor = fd;
  return one;
}

static void polling(void) {
  __wasi_subscription_t in[4];
  __wasi_event_t out[4];
  __wasi_size_t count = 0;
  __wasi_timestamp_t before, after;
  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &before));
  in[0] = on_clock(1, 500000000, 0);
  in[1] = on_clock(2, 20000000, 0);
  OK(__wasi_poll_oneoff(in, out, 2, &count));
  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &after));
  TRUE(count == 1 && out[0].userdata == 2 && out[0].error == 0);
  TRUE(out[0].type == __WASI_EVENTTYPE_CLOCK && after - before >= 19000000);
  in[0] = on_clock(3, before, 1);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  TRUE(count == 1 && out[0].userdata == 3);
  __wasi_fd_t fd = made("file", "12345");
  __wasi_filesize_t at;
  OK(__wasi_fd_seek(fd, 2, __WASI_WHENCE_SET, &at));
  in[0] = on_clock(4, 1000000000, 0);
  in[1] = on_fd(5, __WASI_EVENTTYPE_FD_WRITE, 1);
  in[2] = on_fd(6, __WASI_EVENTTYPE_FD_READ, 0);
  in[3] = on_fd(7, __WASI_EVENTTYPE_FD_WRITE, NO_FD);
  OK(__wasi_poll_oneoff(in, out, 4, &count));
  TRUE(count == 3);
  TRUE(out[0].userdata == 5 && out[0].error == 0 && out[0].type == __WASI_EVENTTYPE_FD_WRITE);
  TRUE(out[1].userdata == 6 && out[1].error == 0);
  TRUE(out[2].userdata == 7 && out[2].error == __WASI_ERRNO_BADF);
  in[0] = on_fd(8, __WASI_EVENTTYPE_FD_READ, fd);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  /* to poll a file needs the right to */
  TRUE(count == 1 && out[0].error == __WASI_ERRNO_NOTCAPABLE);
  OK(__wasi_fd_close(fd));
  OK(open_at(root, 0, "file", 0, READ | __WASI_RIGHTS_POLL_FD_READWRITE, 0, &fd));
  in[0] = on_fd(9, __WASI_EVENTTYPE_FD_READ, fd);
  OK(__wasi_poll_oneoff(in, out, 1, &count));
  TRUE(count == 1 && out[0].error == 0 && out[0].fd_readwrite.nbytes == 5);
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
  in[0] = on_fd(10, __WASI_EVENTTYPE_FD_READ, root);
  in[1] = on_clock(11, 0, 0);
  in[1].u.u.clock.id = 77;
  OK(__wasi_poll_oneoff(in, out, 2, &count));
  TRUE(count == 2 && out[0].error == __WASI_ERRNO_BADF && out[1].error == __WASI_ERRNO_INVAL);
  ERRNO_IS(INVAL, __wasi_poll_oneoff(in, out, 0, &count));
  ERRNO_IS(INVAL, __wasi_poll_oneoff(in, out, 1000000, &count));
  in[0] = on_fd(12, 9, 0);
  ERRNO_IS(INVAL, __wasi_poll_oneoff(in, out, 1, &count));
  in[0] = on_clock(13, 0, 0);
  ERRNO_IS(FAULT, __wasi_poll_oneoff(in, (__wasi_event_t *)0xfffffff0, 1, &count));
  ERRNO_IS(FAULT, __wasi_poll_oneoff((__wasi_subscription_t *)0xfffffff0, out, 1, &count));
}

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_accept"))) int
host_sock_accept(int, int, int *);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int
host_proc_raise(int);

static void sockets(void) {
  __wasi_fd_t fd = made("file", "");
  uint8_t byte;
  __wasi_iovec_t in = {&byte, 1};
  __wasi_size_t count;
  __wasi_roflags_t flags;
  int accepted;
  ERRNO_IS(NOTSOCK, __wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD));
  ERRNO_IS(BADF, __wasi_sock_shutdown(NO_FD, __WASI_SDFLAGS_RD));
  ERRNO_IS(NOTSOCK, __wasi_sock_recv(fd, &in, 1, 0, &count, &flags));
  ERRNO_IS(BADF, __wasi_sock_recv(NO_FD, &in, 1, 0, &count, &flags));
  ERRNO_IS(NOTSOCK, __wasi_sock_send(1, (__wasi_ciovec_t *)&in, 1, 0, &count));
  ERRNO_IS(BADF, __wasi_sock_send(NO_FD, (__wasi_ciovec_t *)&in, 1, 0, &count));
  ERRNO_IS(NOTSOCK, (__wasi_errno_t)host_sock_accept((int)root, 0, &accepted));
  ERRNO_IS(BADF, (__wasi_errno_t)host_sock_accept(NO_FD, 0, &accepted));
  ERRNO_IS(NOSYS, (__wasi_errno_t)host_proc_raise(9));
  OK(__wasi_sched_yield());
  OK(__wasi_fd_close(fd));
  OK(unlink_at("file"));
}

static void arguments(void) {
  __wasi_size_t count, size;
  OK(__wasi_args_sizes_get(&count, &size));
  TRUE(count == 3);
  uint8_t *list[3], text[512];
  OK(__wasi_args_get(list, text));
  TRUE(!strcmp((char *)list[1], "others") && list[0] == text);
  ERRNO_IS(FAULT, __wasi_args_get(list, (uint8_t *)0xfffffffe));
  ERRNO_IS(FAULT, __wasi_args_sizes_get((__wasi_size_t *)0xfffffffe, &size));
  OK(__wasi_environ_sizes_get(&count, &size));
  TRUE(count == 2 && size == sizeof "NAME=value" + sizeof "EMPTY=");
  OK(__wasi_environ_get(list, text));
  TRUE(!strcmp(getenv("NAME"), "value") && !strcmp(getenv("EMPTY"), "") && !getenv("PATH"));
  ERRNO_IS(FAULT, __wasi_environ_get((uint8_t **)0xfffffffe, text));
  ERRNO_IS(FAULT, __wasi_environ_sizes_get(&count, (__wasi_size_t *)0xfffffffe));
}

void test_others(void) {
  clocks();
  randomness();
  polling();
  sockets();
  arguments();
}
