;; Counts the words and bytes of a payload: "hello world" -> {"words":2,"bytes":11}
;; Words are what white space of ASCII (space, tab, line feed, VT, FF, CR) separates.
;;
;; Build: deno run -A tools/build_guests.ts word-count-wat   (wat2wasm of npm wabt 1.0.39)
;;
;; Memory: the two halves of the result's text, the result itself, and from $heap on the payloads.
;;   0  {"words":        16  ,"bytes":        64  the result, at most 40 bytes
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"words\":")
  (data (i32.const 16) ",\"bytes\":")

  (global $result i32 (i32.const 64))
  (global $heap i32 (i32.const 128))
  (global $top (mut i32) (i32.const 128)) ;; where the next payload goes
  (global $live (mut i32) (i32.const 0)) ;; payloads not given back yet

  ;; Payloads are stacked; with the last one given back the stack starts anew, so memory stays flat.
  ;; 0 when memory cannot grow.
  (func (export "__base_alloc") (param $size i32) (result i32)
    (local $at i32) (local $end i64)
    (local.set $at (global.get $top))
    ;; In 64 bits, rounded up to 8: a huge size must not wrap around.
    (local.set $end
      (i64.and
        (i64.add
          (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $size)))
          (i64.const 7))
        (i64.const -8)))
    (if (i64.gt_u (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
      (then
        (if (i64.gt_u (local.get $end) (i64.const 0xffff0000))
          (then (return (i32.const 0))))
        (if
          (i32.eq
            (memory.grow
              (i32.sub
                (i32.wrap_i64
                  (i64.shr_u (i64.add (local.get $end) (i64.const 0xffff)) (i64.const 16)))
                (memory.size)))
            (i32.const -1))
          (then (return (i32.const 0))))))
    (global.set $top (i32.wrap_i64 (local.get $end)))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $at))

  (func (export "__base_free") (param $at i32) (param $size i32)
    ;; The result below the heap has its own place and is never freed.
    (if (i32.lt_u (local.get $at) (global.get $heap)) (then (return)))
    (if (i32.eqz (global.get $live)) (then (return)))
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $top (global.get $heap)))))

  (func (export "count") (param $at i32) (param $length i32) (result i64)
    (local $end i32) (local $words i32) (local $inside i32) (local $space i32) (local $out i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $space (call $is_space (i32.load8_u (local.get $at))))
        ;; A word starts where white space, or nothing, was before.
        (if (i32.and (i32.eqz (local.get $space)) (i32.eqz (local.get $inside)))
          (then (local.set $words (i32.add (local.get $words) (i32.const 1)))))
        (local.set $inside (i32.eqz (local.get $space)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (memory.copy (global.get $result) (i32.const 0) (i32.const 9))
    (local.set $out
      (call $number (i32.add (global.get $result) (i32.const 9)) (local.get $words)))
    (memory.copy (local.get $out) (i32.const 16) (i32.const 9))
    (local.set $out (call $number (i32.add (local.get $out) (i32.const 9)) (local.get $length)))
    (i32.store8 (local.get $out) (i32.const 125)) ;; }
    ;; Packed: pointer in the upper half, length in the lower.
    (i64.or
      (i64.shl (i64.extend_i32_u (global.get $result)) (i64.const 32))
      (i64.extend_i32_u
        (i32.sub (i32.add (local.get $out) (i32.const 1)) (global.get $result)))))

  ;; 9 to 13, or 32.
  (func $is_space (param $byte i32) (result i32)
    (i32.or
      (i32.eq (local.get $byte) (i32.const 32))
      (i32.lt_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 5))))

  ;; Writes an unsigned number in decimal at $at; gives the place behind it.
  (func $number (param $at i32) (param $value i32) (result i32)
    (if (i32.ge_u (local.get $value) (i32.const 10))
      (then
        (local.set $at
          (call $number (local.get $at) (i32.div_u (local.get $value) (i32.const 10))))))
    (i32.store8
      (local.get $at)
      (i32.add (i32.rem_u (local.get $value) (i32.const 10)) (i32.const 48)))
    (i32.add (local.get $at) (i32.const 1))))
