;; System calls in a loop of 100,000, and a copy of "in" to "out" through a directory.
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 3)
  (data (i32.const 16) "inout")
  (global $calls i32 (i32.const 100000))
  (func (export "_initialize"))

  (func $check (param $errno i32)
    (if (local.get $errno) (then (unreachable))))

  (func (export "yield") (local $left i32)
    (local.set $left (global.get $calls))
    (loop $next
      (call $check (call $sched_yield))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  (func (export "monotonic") (local $left i32)
    (local.set $left (global.get $calls))
    (loop $next
      (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 64)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  (func (export "realtime") (local $left i32)
    (local.set $left (global.get $calls))
    (loop $next
      (call $check (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 64)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  (func (export "random") (local $left i32)
    (local.set $left (global.get $calls))
    (loop $next
      (call $check (call $random_get (i32.const 64) (i32.const 8)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  ;; 16 bytes each to standard output
  (func (export "write") (local $left i32)
    (local.set $left (global.get $calls))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 16))
    (loop $next
      (call $check (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  ;; 64 KiB at a time
  (func (export "copy") (local $in i32) (local $out i32) (local $count i32)
    (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 2)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
    (local.set $in (i32.load (i32.const 32)))
    (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const 18) (i32.const 3)
      (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))
    (local.set $out (i32.load (i32.const 32)))
    (loop $next
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (i32.const 65536))
      (call $check (call $fd_read (local.get $in) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $count (i32.load (i32.const 8)))
      (if (local.get $count)
        (then
          (i32.store (i32.const 4) (local.get $count))
          (call $check (call $fd_write (local.get $out) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br $next))))
    (call $check (call $fd_close (local.get $in)))
    (call $check (call $fd_close (local.get $out)))))
