;; A memory of 64-bit addresses: no limit of 4 GiB.
(module
  (memory (export "memory") i64 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64)
    (drop (memory.grow (i64.const 1000000)))
    (i64.const 0)))
