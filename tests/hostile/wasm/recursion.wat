;; Recursion without an end, plain and with frames as large as they can be.
(module
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func (export "deep") (param i32 i32) (result i64) (i64.extend_i32_u (call $deep (i32.const 0))))
  (func (export "caught") (param i32 i32) (result i64)
    (try (do (drop (call $deep (i32.const 0)))) (catch_all))
    (i64.const 0))
  ;; Each level calls the next twice: it never ends, and is never deeper than its input says.
  (func $twice (param i32)
    (if (local.get 0)
      (then
        (call $twice (i32.sub (local.get 0) (i32.const 1)))
        (call $twice (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "exponential") (param i32 i32) (result i64)
    (call $twice (i32.const 60))
    (i64.const 0)))
