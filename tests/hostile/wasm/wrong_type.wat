;; Imports the right name with another type: a pointer would become a number of another kind.
(module
  (import "count" "up" (func $up (param i64 i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (call $up (i64.const 0) (i64.const 0))))
