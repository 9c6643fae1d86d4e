;; Imports a memory by the name of a function.
(module
  (import "count" "up" (memory 1))
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0)))
