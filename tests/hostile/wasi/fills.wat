;; Fills what it was given: with names, with descriptors, and with one byte far away. Each function
;; answers the errno that stopped it; 0 means that nothing did.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite"
    (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $resize (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $mkdir (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f000000")
  (global $size i64 (i64.const 3221225472))
  (func (export "_initialize"))

  ;; The digits of a number, in the name at 0.
  (func $name (param $number i32) (local $at i32)
    (local.set $at (i32.const 6))
    (loop $next
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $next (local.get $at))))
  (func $create (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 1)
      (i64.const 0x400146) (i64.const 0) (i32.const 0) (i32.const 64)))

  (func (export "files") (result i32) (local $number i32) (local $errno i32)
    (loop $next
      (call $name (local.get $number))
      (local.set $errno (call $create))
      (if (local.get $errno) (then (return (local.get $errno))))
      (drop (call $close (i32.load (i32.const 64))))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $number) (i32.const 200000))))
    (i32.const 0))
  (func (export "directories") (result i32) (local $number i32) (local $errno i32)
    (loop $next
      (call $name (local.get $number))
      (local.set $errno (call $mkdir (i32.const 3) (i32.const 0) (i32.const 7)))
      (if (local.get $errno) (then (return (local.get $errno))))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $number) (i32.const 200000))))
    (i32.const 0))
  (func (export "descriptors") (result i32) (local $number i32) (local $errno i32)
    (loop $next
      (local.set $errno (call $create))
      (if (local.get $errno) (then (return (local.get $errno))))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $number) (i32.const 200000))))
    (i32.const 0))
  ;; One byte at 3 GiB.
  (func (export "far_byte") (result i32) (local $errno i32)
    (local.set $errno (call $create))
    (if (local.get $errno) (then (return (i32.const 255))))
    (i32.store (i32.const 128) (i32.const 0))
    (i32.store (i32.const 132) (i32.const 1))
    (call $pwrite (i32.load (i32.const 64)) (i32.const 128) (i32.const 1) (global.get $size) (i32.const 136)))
  (func (export "far_allocate") (result i32) (local $errno i32)
    (local.set $errno (call $create))
    (if (local.get $errno) (then (return (i32.const 255))))
    (call $allocate (i32.load (i32.const 64)) (i64.const 0) (global.get $size)))
  (func (export "far_size") (result i32) (local $errno i32)
    (local.set $errno (call $create))
    (if (local.get $errno) (then (return (i32.const 255))))
    (call $resize (i32.load (i32.const 64)) (global.get $size))))
