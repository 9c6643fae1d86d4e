;; What takes the place of the approved module: answers 2.
(module
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64)
    (i32.store8 (i32.const 0) (i32.const 2))
    (i64.const 1)))
