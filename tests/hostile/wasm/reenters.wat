;; Asks for something whose host calls it again, and so on without an end.
(module
  (import "count" "up" (func $up (result i32)))
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "again") (param i32 i32) (result i64)
    (try (do (drop (call $up))) (catch_all))
    (i64.const 0)))
