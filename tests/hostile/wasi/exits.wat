;; Exits inside a catch_all, and goes on for ever when it can: an exit is no exception.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (tag $own)
  (memory (export "memory") 1)
  (func (export "_initialize"))
  ;; Shows that catching works at all.
  (func (export "own") (result i32)
    (try (do (throw $own)) (catch_all (return (i32.const 0))))
    (i32.const 255))
  (func (export "caught") (result i32)
    (try (do (call $exit (i32.const 3))) (catch_all (loop $spin (br $spin))))
    (i32.const 255))
  (func (export "again") (result i32)
    (loop $next
      (try (do (call $exit (i32.const 5))) (catch_all (br $next))))
    (i32.const 255))
  (func (export "zero") (result i32)
    (try (do (call $exit (i32.const 0))) (catch_all (return (i32.const 255))))
    (i32.const 255)))
