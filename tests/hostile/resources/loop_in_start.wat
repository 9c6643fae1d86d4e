;; hostile 25: a loop in the start section ends the load
;; ends: load timeout
(module
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (start $start)
  (func $start (loop $forever (br $forever))))
