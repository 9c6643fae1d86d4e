;; Lists of buffers of lengths that no memory holds, lists that lie over each other, and numbers of
;; descriptors that nobody has. Each function answers an errno.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_initialize"))

  (func (export "minus_one") (result i32)
    (call $write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 1024)))
  (func (export "most") (result i32)
    (call $write (i32.const 1) (i32.const 0) (i32.const 0x7fffffff) (i32.const 1024)))
  (func (export "read_minus_one") (result i32)
    (call $read (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1024)))
  ;; 1,024 buffers, each of them the whole memory: a megabyte at most goes out.
  (func (export "all_of_it") (result i32) (local $at i32)
    (loop $next
      (i32.store (local.get $at) (i32.const 0))
      (i32.store offset=4 (local.get $at) (i32.const 65536))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 8192))))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 16384)))
    (i32.ne (i32.load (i32.const 16384)) (i32.const 1048576)))
  ;; Reads over its own list: what it becomes is read anew.
  (func (export "over_itself") (result i32)
    (i32.store (i32.const 0) (i32.const 8))
    (i32.store (i32.const 4) (i32.const 8))
    (i32.store (i32.const 8) (i32.const 64))
    (i32.store (i32.const 12) (i32.const 8))
    (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 1024)))
  (func (export "outside") (result i32)
    (i32.store (i32.const 0) (i32.const 65530))
    (i32.store (i32.const 4) (i32.const 100))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 1024)))
  (func (export "renumber_far") (result i32) (call $renumber (i32.const 1) (i32.const 0x7fffffff)))
  (func (export "renumber_minus_one") (result i32) (call $renumber (i32.const 1) (i32.const -1)))
  ;; Every number up to a million: none of them becomes a descriptor.
  (func (export "renumber_all") (result i32) (local $fd i32) (local $last i32)
    (local.set $fd (i32.const 3))
    (loop $next
      (local.set $last (call $renumber (i32.const 1) (local.get $fd)))
      (if (i32.eqz (local.get $last)) (then (return (i32.const 255))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $fd) (i32.const 1000000))))
    (local.get $last))
  (func (export "close_far") (result i32) (call $close (i32.const 0x7fffffff))))
