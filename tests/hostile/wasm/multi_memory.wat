;; A second memory beside the one whose size the host looks at.
(module
  (memory (export "memory") 1)
  (memory $hidden 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64)
    (drop (memory.grow $hidden (i32.const 60000)))
    (i64.const 0)))
