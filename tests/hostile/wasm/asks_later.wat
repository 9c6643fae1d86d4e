;; Waits for its host, and asks again when it goes on, whether it was stopped meanwhile or not.
(module
  (import "count" "later" (func $later (result i32)))
  (import "count" "up" (func $up (result i32)))
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "wait") (param i32 i32) (result i64)
    (try (do (drop (call $later))) (catch_all))
    (loop $again
      (try (do (drop (call $up))) (catch_all))
      (br $again))
    (i64.const 0)))
