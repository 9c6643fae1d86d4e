;; Hands host functions pointers and lengths outside of its memory; each must fail and write nothing.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  ;; One byte for each attempt, as many as succeeded with 0.
  (func (export "fine") (param i32 i32) (result i64)
    (local $answers i32)
    (i32.store (i32.const 16) (i32.const 4096))
    (i32.store (i32.const 20) (i32.const 65536))
    (i32.store (i32.const 24) (i32.const -8))
    (i32.store (i32.const 28) (i32.const 16))
    (local.set $answers
      (i32.add (local.get $answers) (i32.eqz (call $random (i32.const -4) (i32.const 8)))))
    (local.set $answers
      (i32.add (local.get $answers) (i32.eqz (call $random (i32.const 65535) (i32.const 2)))))
    (local.set $answers
      (i32.add (local.get $answers) (i32.eqz (call $random (i32.const 0) (i32.const -1)))))
    (local.set $answers
      (i32.add (local.get $answers)
        (i32.eqz (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))))
    (local.set $answers
      (i32.add (local.get $answers)
        (i32.eqz (call $write (i32.const 1) (i32.const 24) (i32.const 1) (i32.const 8)))))
    (local.set $answers
      (i32.add (local.get $answers)
        (i32.eqz (call $write (i32.const 1) (i32.const 16) (i32.const -1) (i32.const 8)))))
    (local.set $answers
      (i32.add (local.get $answers)
        (i32.eqz (call $write (i32.const 1) (i32.const -16) (i32.const 2) (i32.const 8)))))
    (local.set $answers
      (i32.add (local.get $answers)
        (i32.eqz (call $clock (i32.const 0) (i64.const 1) (i32.const 65532)))))
    (i32.store8 (i32.const 0) (local.get $answers))
    (i64.const 1)))
