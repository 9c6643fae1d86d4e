;; Begins with ten million elements of a table, 80 MB of the host's.
(module
  (memory (export "memory") 1)
  (table 10000000 funcref)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0)))
