;; Uses up the stack to a depth of its choice, then asks for something that has an effect.
(module
  (import "count" "up" (func $up (result i32)))
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func $fall (param $depth i32)
    (if (local.get $depth)
      (then (call $fall (i32.sub (local.get $depth) (i32.const 1))))
      (else (drop (call $up)))))
  (func $ask_on_every_frame
    (try (do (drop (call $up))) (catch_all))
    (try (do (call $ask_on_every_frame)) (catch_all))
    (try (do (drop (call $up))) (catch_all)))
  ;; The depth is the input: four bytes.
  (func (export "at_depth") (param $ptr i32) (param $len i32) (result i64)
    (call $fall (i32.load (local.get $ptr)))
    (i64.const 0))
  (func (export "on_every_frame") (param i32 i32) (result i64)
    (call $ask_on_every_frame)
    (i64.const 0)))
