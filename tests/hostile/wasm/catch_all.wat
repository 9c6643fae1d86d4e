;; Wraps every import in a `catch_all` and answers one byte, 67, when it caught something.
(module
  (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (tag $own)
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func $caught (result i64)
    (i32.store8 (i32.const 0) (i32.const 67))
    (i64.const 1))

  ;; Shows that catching works at all.
  (func (export "own") (param i32 i32) (result i64)
    (try (do (throw $own)) (catch_all (return (call $caught))))
    (i64.const 0))
  (func (export "uncaught") (param i32 i32) (result i64) (throw $own))
  (func (export "abort") (param i32 i32) (result i64)
    (try
      (do (call $abort (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (catch_all (return (call $caught))))
    (call $caught))
  (func (export "exit") (param i32 i32) (result i64)
    (try (do (call $exit (i32.const 7))) (catch_all (return (call $caught))))
    (call $caught))
  ;; Sleeps for an hour, which is past every deadline, and goes on for ever if that is caught.
  (func (export "sleep") (param i32 i32) (result i64)
    (i64.store (i32.const 256) (i64.const 0))
    (i64.store (i32.const 264) (i64.const 0))
    (i32.store (i32.const 272) (i32.const 1))
    (i64.store (i32.const 280) (i64.const 3600000000000))
    (loop $again
      (try
        (do
          (drop (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 600))))
        (catch_all))
      (br $again))
    (call $caught))
  ;; Asks the host for ever.
  (func (export "ask") (param i32 i32) (result i64)
    (loop $again
      (try (do (drop (call $random (i32.const 0) (i32.const 8)))) (catch_all))
      (br $again))
    (call $caught)))
