;; Wants out of the directory "/" that it was given: by links that it makes, and by links that are there.
;; Each function answers the errno of what it was refused; 0 means that it was let out.
(module
  (import "wasi_snapshot_preview1" "path_symlink"
    (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename"
    (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link"
    (func $link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "/etc/passwd")        ;; 11
  (data (i32.const 16) "../outside/secret") ;; 17
  (data (i32.const 48) "own")               ;; 3
  (data (i32.const 64) "planted_file")      ;; 12
  (data (i32.const 80) "planted_new")       ;; 11
  (data (i32.const 96) "planted_dir/secret") ;; 18
  (data (i32.const 128) "a")                ;; 1
  (data (i32.const 130) "a/b")              ;; 3
  (data (i32.const 136) "a/b/up")           ;; 6
  (data (i32.const 144) "../../file")       ;; 10
  (data (i32.const 160) "up")               ;; 2
  (data (i32.const 164) "b")                ;; 1
  (data (i32.const 168) "../../../outside/secret") ;; 23
  (func (export "_initialize"))

  (func $read (param $follow i32) (param $path i32) (param $length i32) (result i32)
    (call $open (i32.const 3) (local.get $follow) (local.get $path) (local.get $length)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1024)))
  (func $create (param $path i32) (param $length i32) (result i32)
    (call $open (i32.const 3) (i32.const 1) (local.get $path) (local.get $length)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 1024)))

  ;; A link to /etc/passwd, and then the link itself opened: node:wasi follows it all the same.
  (func (export "absolute") (result i32) (local $made i32)
    (local.set $made (call $symlink (i32.const 0) (i32.const 11) (i32.const 3) (i32.const 48) (i32.const 3)))
    (if (local.get $made) (then (return (local.get $made))))
    (call $read (i32.const 0) (i32.const 48) (i32.const 3)))
  ;; The same with as many steps up as it takes, written through.
  (func (export "climbing") (result i32) (local $made i32)
    (local.set $made (call $symlink (i32.const 16) (i32.const 17) (i32.const 3) (i32.const 48) (i32.const 3)))
    (if (local.get $made) (then (return (local.get $made))))
    (call $create (i32.const 48) (i32.const 3)))
  ;; Links that somebody else left there: followed, not followed, to write, and on the way.
  (func (export "planted") (result i32) (call $read (i32.const 1) (i32.const 64) (i32.const 12)))
  (func (export "planted_itself") (result i32) (call $read (i32.const 0) (i32.const 64) (i32.const 12)))
  (func (export "planted_new") (result i32) (call $create (i32.const 80) (i32.const 11)))
  (func (export "planted_way") (result i32) (call $read (i32.const 1) (i32.const 96) (i32.const 18)))
  (func (export "planted_stat") (result i32)
    (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 12) (i32.const 1024)))
  ;; A second name for what a link leads to.
  (func (export "planted_link") (result i32)
    (call $link (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 12) (i32.const 3) (i32.const 48) (i32.const 3)))
  ;; Paths alone.
  (func (export "path_up") (result i32) (call $read (i32.const 1) (i32.const 16) (i32.const 17)))
  (func (export "path_absolute") (result i32) (call $read (i32.const 1) (i32.const 0) (i32.const 11)))
  ;; A link that stays inside where it is made, and leads out from where it is moved to.
  (func $inner (result i32) (local $errno i32)
    (drop (call $mkdir (i32.const 3) (i32.const 128) (i32.const 1)))
    (drop (call $mkdir (i32.const 3) (i32.const 130) (i32.const 3)))
    (call $symlink (i32.const 144) (i32.const 10) (i32.const 3) (i32.const 136) (i32.const 6)))
  (func (export "moved") (result i32) (local $errno i32)
    (local.set $errno (call $inner))
    (if (local.get $errno) (then (return (i32.const 255))))
    (call $rename (i32.const 3) (i32.const 136) (i32.const 6) (i32.const 3) (i32.const 160) (i32.const 2)))
  ;; The same by moving the directory that it is in.
  (func (export "moved_directory") (result i32)
    (drop (call $inner))
    (call $rename (i32.const 3) (i32.const 130) (i32.const 3) (i32.const 3) (i32.const 164) (i32.const 1)))
  ;; One step more than there are directories.
  (func (export "too_far") (result i32)
    (drop (call $inner))
    (call $symlink (i32.const 168) (i32.const 23) (i32.const 3) (i32.const 136) (i32.const 5))))
