;; A memory that other threads could change while the host reads it.
(module
  (memory (export "memory") 1 2 shared)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0)))
