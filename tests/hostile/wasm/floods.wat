;; Floods its host: operations, lines of output, one line without an end.
(module
  (import "count" "up" (func $up (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "operations") (param i32 i32) (result i64)
    (local $left i32)
    (local.set $left (i32.const 1000000))
    (loop $more
      (drop (call $up))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.const 0))
  (func $flood (param $byte i32)
    (memory.fill (i32.const 4096) (local.get $byte) (i32.const 65536))
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $more
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $more)))
  ;; 65,536 empty lines at a time.
  (func (export "lines") (param i32 i32) (result i64) (call $flood (i32.const 10)) (i64.const 0))
  (func (export "line") (param i32 i32) (result i64) (call $flood (i32.const 120)) (i64.const 0)))
