;; hostile 21: a loop of bulk operations ends on time
;; ends: timeout
(module
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "attack") (param i32 i32) (result i64)
    (drop (memory.grow (i32.const 900)))
    (loop $forever
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 50000000))
      (memory.copy (i32.const 0) (i32.const 9) (i32.const 50000000))
      (br $forever))
    (i64.const 0)))
