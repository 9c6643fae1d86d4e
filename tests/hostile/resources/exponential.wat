;; hostile 25: a recursion that branches, and never loops, ends
;; ends: timeout
(module
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func $twice (param $left i32) (result i32)
    (if (result i32) (local.get $left)
      (then
        (i32.add
          (call $twice (i32.sub (local.get $left) (i32.const 1)))
          (call $twice (i32.sub (local.get $left) (i32.const 1)))))
      (else (i32.const 1))))
  (func (export "attack") (param i32 i32) (result i64)
    (drop (call $twice (i32.const 60)))
    (i64.const 0)))
