;; hostile 21: catch_all around everything catches no deadline
;; ends: timeout
(module
  (memory (export "memory") 1 1000)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (tag $thrown)
  (func $once
    (try
      (do (loop $forever (br $forever)))
      (catch_all (throw $thrown))))
  (func (export "attack") (param i32 i32) (result i64)
    (loop $forever
      (try
        (do (call $once))
        (catch_all))
      (br $forever))
    (i64.const 0)))
