;; hostile 25: a loop behind a wait for the host ends
;; ends: timeout
(module
  (import "count" "later" (func $later (result i32)))
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "attack") (param i32 i32) (result i64)
    (drop (call $later))
    (loop $forever (br $forever))
    (i64.const 0)))
