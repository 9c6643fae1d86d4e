;; hostile 25: two functions that call each other by return_call, and never loop, end
;; ends: timeout
(module
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func $ping (param i32) (return_call $pong (local.get 0)))
  (func $pong (param i32) (return_call $ping (local.get 0)))
  (func (export "attack") (param i32 i32) (result i64)
    (call $ping (i32.const 0))
    (i64.const 0)))
