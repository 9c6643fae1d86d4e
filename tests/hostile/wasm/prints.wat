;; Prints a megabyte of empty lines at once, again and again: from a function, and from its allocator, where no
;; host can suspend it. Each line is a call of the operator's log, so that one system call is a million.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 17)
  (global $flood (mut i32) (i32.const 0))
  (func $prints
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1048576))
    (memory.fill (i32.const 64) (i32.const 10) (i32.const 1048576))
    (loop $more
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
      (br $more)))
  (func (export "__base_alloc") (param i32) (result i32)
    (if (global.get $flood) (then (call $prints)))
    (i32.const 32))
  (func (export "__base_free") (param i32 i32))
  (func (export "floods") (param i32 i32) (result i64) (call $prints) (i64.const 0))
  (func (export "floods_later") (param i32 i32) (result i64)
    (global.set $flood (i32.const 1))
    (i64.const 0))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0)))
