;; Works for as many turns as its payload says, so that it ends about when its time is over.
(module
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "work") (param $at i32) (param $length i32) (result i64)
    (local $left i32)
    (local.set $left (i32.load (local.get $at)))
    (loop $more
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.const 0)))
