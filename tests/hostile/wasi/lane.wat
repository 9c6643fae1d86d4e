;; A program whose host is on another thread: what it asks for is asked again when the answer is there.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "file")
  (func (export "_initialize"))
  (func $open_file (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 512)))
  ;; The list of buffers is read over itself: then the first buffer is another one.
  (func (export "over") (result i32)
    (drop (call $open_file))
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 16))
    (i32.store (i32.const 8) (i32.const 200))
    (i32.store (i32.const 12) (i32.const 8))
    (call $read (i32.load (i32.const 512)) (i32.const 0) (i32.const 2) (i32.const 600)))
  ;; Opens and closes until its time is up, which often is while it is being answered.
  (func (export "opens") (result i32)
    (loop $more
      (drop (call $open_file))
      (drop (call $close (i32.load (i32.const 512))))
      (br $more))
    (i32.const 0))
  (func (export "own") (result i32) (call $open_file)))
