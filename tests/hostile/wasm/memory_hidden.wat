;; A memory that is not exported under the name the host looks at, and grows.
(module
  (memory (export "memory2") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64)
    (drop (memory.grow (i32.const 60000)))
    (i64.const 0)))
