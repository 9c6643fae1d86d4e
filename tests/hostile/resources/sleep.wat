;; hostile 25: a guest that sleeps longer than it may is not waited for
;; ends: timeout
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  ;; A clock subscription: monotonic clock, an hour.
  (func (export "attack") (param i32 i32) (result i64)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (loop $forever
      (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
      (br $forever))
    (i64.const 0)))
