;; Begins with 2 GiB of memory: whoever makes an instance before looking at the limit has paid.
(module
  (memory (export "memory") 32768)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0)))
