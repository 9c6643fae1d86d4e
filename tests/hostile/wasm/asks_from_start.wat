;; Asks its host from the start section, before the host knows its memory, and again in a call.
(module
  (import "count" "up" (func $up (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (start $start)
  (func $start
    (drop (call $up))
    (i32.store8 (i32.const 0) (call $random (i32.const 4096) (i32.const 16))))
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (drop (call $up)) (i64.const 1)))
