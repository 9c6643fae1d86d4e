;; hostile 21, 29: an allocator that never answers ends
;; ends: timeout
(module
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param $size i32) (result i32)
    (loop $forever (br_if $forever (i32.eq (local.get $size) (i32.const 6))))
    (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "attack") (param i32 i32) (result i64) (i64.const 0)))
