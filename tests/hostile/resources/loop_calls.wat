;; hostile 21: a loop that calls the host ends
;; ends: timeout
(module
  (import "count" "up" (func $up (result i32)))
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "attack") (param i32 i32) (result i64)
    (loop $forever (drop (call $up)) (br $forever))
    (i64.const 0)))
