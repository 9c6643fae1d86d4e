;; The handle store of Extism guests: blocks of bytes that host and guest pass to each other, in a
;; memory of its own. A guest's loads and stores link straight to these functions, so that a byte
;; costs no call into JavaScript.
;;
;;   handle  = tag << 32; handle + offset is the address of a byte inside the block
;;   tag     = generation (5 bits) << 26 | header address / 16, never negative
;;   header  = tag u32, length u32, capacity u32, next free block u32; then the bytes, 16-aligned
;;   free    = tag 0; listed by the power of two that its capacity reaches
;;
;; A header is only believed as far as its own guest could harm itself with a forged one: blocks hold
;; nothing of anybody else, the host checks every range it reads, and no function here ever loops.
(module
  ;; Ends the guest: it used an address that lies in no block.
  (import "host" "fault" (func $fault))
  ;; Whether the memory may have so many bytes.
  (import "host" "may_grow" (func $may_grow (param i32) (result i32)))
  ;; Counts bytes that were cleared: the guest pays for them with its time.
  (import "host" "charge" (func $charge (param i32)))

  (memory (export "memory") 1 16384)

  ;; 0: nothing, so that no block has address 0
  ;; 16: output address, 20: output length, 24: error address, 28: error length: read by the host
  ;; 32: 1 once the store was full
  ;; 40: where the bytes are that the host asked for last, 44: how many: no 64-bit number has to cross
  ;; 64: heads of the 32 lists of free blocks
  ;; 256: the first header

  (global $top (mut i32) (i32.const 256))
  ;; Everything above was never used, and is zero.
  (global $clean (mut i32) (i32.const 256))
  (global $generation (mut i32) (i32.const 0))
  (global $input (mut i64) (i64.const 0))
  (global $input_at (mut i32) (i32.const 0))
  (global $input_length (mut i32) (i32.const 0))
  (global $error (mut i64) (i64.const 0))

  ;; The header of the block that an address lies in; 0 if there is none.
  (func $find (param $address i64) (result i32)
    (local $tag i32) (local $header i32)
    (local.set $tag (i32.wrap_i64 (i64.shr_u (local.get $address) (i64.const 32))))
    (local.set $header
      (i32.shl (i32.and (local.get $tag) (i32.const 0x03ffffff)) (i32.const 4)))
    (if (i32.lt_u (local.get $header) (i32.const 256)) (then (return (i32.const 0))))
    (if (i32.ge_u (local.get $header) (global.get $top)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load (local.get $header)) (local.get $tag)) (then (return (i32.const 0))))
    (local.get $header))

  ;; Where the bytes at an address are, if so many of them lie inside one block.
  (func $range (param $address i64) (param $count i32) (result i32)
    (local $header i32) (local $offset i32) (local $length i32)
    (local.set $header (call $find (local.get $address)))
    (if (i32.eqz (local.get $header)) (then (call $fault) (unreachable)))
    (local.set $offset (i32.wrap_i64 (local.get $address)))
    (local.set $length (i32.load offset=4 (local.get $header)))
    (if (i32.or
          (i32.gt_u (local.get $count) (local.get $length))
          (i32.gt_u (local.get $offset) (i32.sub (local.get $length) (local.get $count))))
      (then (call $fault) (unreachable)))
    (i32.add (i32.add (local.get $header) (i32.const 16)) (local.get $offset)))

  ;; Makes room up to $end; 0 if there is none.
  (func $reach (param $end i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $end) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.le_s (local.get $missing) (i32.const 0)) (then (return (i32.const 1))))
    (if (call $may_grow
          (i32.shl (i32.add (memory.size) (local.get $missing)) (i32.const 16)))
      (then
        (if (i32.ne (memory.grow (local.get $missing)) (i32.const -1))
          (then (return (i32.const 1))))))
    (i32.store (i32.const 32) (i32.const 1))
    (i32.const 0))

  ;; Where the head of the list for blocks of a capacity is: 64 + 4 * log2(capacity / 16).
  (func $list_of (param $capacity i32) (result i32)
    (i32.add
      (i32.const 64)
      (i32.shl
        (i32.and
          (i32.sub (i32.const 31) (i32.clz (i32.shr_u (local.get $capacity) (i32.const 4))))
          (i32.const 31))
        (i32.const 2))))

  ;; A block of $length bytes; 0 if there is no room.
  (func $take (param $length i64) (param $clear i32) (result i64)
    (local $size i32) (local $list i32) (local $header i32) (local $end i32) (local $tag i32)
    (if (i64.gt_u (local.get $length) (i64.const 0x3ff00000))
      (then (i32.store (i32.const 32) (i32.const 1)) (return (i64.const 0))))
    (local.set $size
      (i32.and (i32.add (i32.wrap_i64 (local.get $length)) (i32.const 15)) (i32.const -16)))
    (if (i32.eqz (local.get $size)) (then (local.set $size (i32.const 16))))
    ;; Small blocks have the size of a power of two, so that any of them fits the next of its kind.
    (if (i32.le_u (local.get $size) (i32.const 65536))
      (then
        (local.set $size
          (i32.shl
            (i32.const 16)
            (i32.sub
              (i32.const 32)
              (i32.clz (i32.sub (i32.shr_u (local.get $size) (i32.const 4)) (i32.const 1))))))))
    (local.set $list (call $list_of (local.get $size)))
    (local.set $header (i32.load (local.get $list)))
    ;; A large block fits if it happens to be the first of its list; none is looked for.
    (if (local.get $header)
      (then
        (if (i32.lt_u (i32.load offset=8 (local.get $header)) (local.get $size))
          (then (local.set $header (i32.const 0))))))
    (if (local.get $header)
      (then
        (i32.store (local.get $list) (i32.load offset=12 (local.get $header))))
      (else
        (local.set $header (global.get $top))
        (local.set $end
          (i32.add (i32.add (local.get $header) (i32.const 16)) (local.get $size)))
        (if (i32.eqz (call $reach (local.get $end))) (then (return (i64.const 0))))
        (i32.store offset=8 (local.get $header) (local.get $size))
        (global.set $top (local.get $end))))
    (if (local.get $clear)
      (then
        (if (i32.lt_u (local.get $header) (global.get $clean))
          (then
            (if (i32.ge_u (local.get $size) (i32.const 4096))
              (then (call $charge (local.get $size))))
            (memory.fill
              (i32.add (local.get $header) (i32.const 16))
              (i32.const 0)
              (local.get $size))))))
    (if (i32.gt_u (global.get $top) (global.get $clean))
      (then (global.set $clean (global.get $top))))
    (global.set $generation (i32.add (global.get $generation) (i32.const 0x04000000)))
    (local.set $tag
      (i32.or
        (i32.and (global.get $generation) (i32.const 0x7c000000))
        (i32.shr_u (local.get $header) (i32.const 4))))
    (i32.store (local.get $header) (local.get $tag))
    (i32.store offset=4 (local.get $header) (i32.wrap_i64 (local.get $length)))
    (i64.shl (i64.extend_i32_u (local.get $tag)) (i64.const 32)))

  ;; ---- for the host ----

  ;; Empties the store.
  (func $reset (export "reset")
    (global.set $top (i32.const 256))
    (global.set $input (i64.const 0))
    (global.set $input_at (i32.const 0))
    (global.set $input_length (i32.const 0))
    (global.set $error (i64.const 0))
    (memory.fill (i32.const 16) (i32.const 0) (i32.const 176)))

  ;; Empties the store for a call with so many bytes of input; gives where they go, 0 if there is no
  ;; room for them.
  (func (export "begin") (param $length i32) (result i32)
    (call $reset)
    (global.set $input (call $take (i64.extend_i32_u (local.get $length)) (i32.const 0)))
    (if (i64.eqz (global.get $input)) (then (return (i32.const 0))))
    (global.set $input_at
      (i32.add (call $find (global.get $input)) (i32.const 16)))
    (global.set $input_length (local.get $length))
    (global.get $input_at))

  ;; Shortens the input: the host learns how long text is by encoding it.
  (func (export "input_end") (param $length i32)
    (i32.store offset=4 (call $find (global.get $input)) (local.get $length))
    (global.set $input_length (local.get $length)))

  ;; A block that the host fills itself, which is at 40; 0 if there is no room.
  (func (export "take") (param $length i32) (result i64)
    (local $handle i64)
    (local.set $handle (call $take (i64.extend_i32_u (local.get $length)) (i32.const 0)))
    (if (i64.ne (local.get $handle) (i64.const 0))
      (then
        (i32.store (i32.const 40) (i32.add (call $find (local.get $handle)) (i32.const 16)))
        (i32.store (i32.const 44) (local.get $length))))
    (local.get $handle))

  ;; Finds what lies from an address to the end of its block, and leaves it at 40; 0 if it lies in none.
  (func (export "at") (param $address i64) (result i32)
    (local $header i32) (local $offset i32) (local $length i32)
    (local.set $header (call $find (local.get $address)))
    (if (i32.eqz (local.get $header)) (then (return (i32.const 0))))
    (local.set $offset (i32.wrap_i64 (local.get $address)))
    (local.set $length (i32.load offset=4 (local.get $header)))
    (if (i32.gt_u (local.get $offset) (local.get $length)) (then (return (i32.const 0))))
    (i32.store
      (i32.const 40)
      (i32.add (i32.add (local.get $header) (i32.const 16)) (local.get $offset)))
    (i32.store (i32.const 44) (i32.sub (local.get $length) (local.get $offset)))
    (i32.const 1))

  ;; ---- for the guest ----

  (func (export "alloc") (param $length i64) (result i64)
    (call $take (local.get $length) (i32.const 1)))

  ;; Freeing what is no block, or no block any more, does nothing.
  (func (export "free") (param $handle i64)
    (local $header i32) (local $capacity i32) (local $list i32)
    (if (i32.wrap_i64 (local.get $handle)) (then (return)))
    (local.set $header (call $find (local.get $handle)))
    (if (i32.eqz (local.get $header)) (then (return)))
    (i32.store (local.get $header) (i32.const 0))
    (local.set $capacity (i32.load offset=8 (local.get $header)))
    (if (i32.eq
          (i32.add (i32.add (local.get $header) (i32.const 16)) (local.get $capacity))
          (global.get $top))
      (then (global.set $top (local.get $header)) (return)))
    (local.set $list (call $list_of (local.get $capacity)))
    (i32.store offset=12 (local.get $header) (i32.load (local.get $list)))
    (i32.store (local.get $list) (local.get $header)))

  ;; The length of a block; 0 for what is none.
  (func $length (export "length") (export "length_unsafe") (param $handle i64) (result i64)
    (local $header i32)
    (if (i32.wrap_i64 (local.get $handle)) (then (return (i64.const 0))))
    (local.set $header (call $find (local.get $handle)))
    (if (i32.eqz (local.get $header)) (then (return (i64.const 0))))
    (i64.load32_u offset=4 (local.get $header)))

  (func (export "load_u8") (param $address i64) (result i32)
    (i32.load8_u (call $range (local.get $address) (i32.const 1))))

  (func (export "load_u64") (param $address i64) (result i64)
    (i64.load (call $range (local.get $address) (i32.const 8))))

  (func (export "store_u8") (param $address i64) (param $value i32)
    (i32.store8 (call $range (local.get $address) (i32.const 1)) (local.get $value)))

  (func (export "store_u64") (param $address i64) (param $value i64)
    (i64.store (call $range (local.get $address) (i32.const 8)) (local.get $value)))

  (func (export "input_length") (result i64)
    (i64.extend_i32_u (global.get $input_length)))

  (func (export "input_offset") (result i64)
    (global.get $input))

  (func (export "input_load_u8") (param $offset i64) (result i32)
    (if (i64.ge_u (local.get $offset) (i64.extend_i32_u (global.get $input_length)))
      (then (call $fault) (unreachable)))
    (i32.load8_u (i32.add (global.get $input_at) (i32.wrap_i64 (local.get $offset)))))

  (func (export "input_load_u64") (param $offset i64) (result i64)
    (if (i32.or
          (i32.lt_u (global.get $input_length) (i32.const 8))
          (i64.gt_u
            (local.get $offset)
            (i64.extend_i32_u (i32.sub (global.get $input_length) (i32.const 8)))))
      (then (call $fault) (unreachable)))
    (i64.load (i32.add (global.get $input_at) (i32.wrap_i64 (local.get $offset)))))

  (func (export "output_set") (param $address i64) (param $length i64)
    (if (i64.eqz (local.get $length))
      (then
        (i64.store (i32.const 16) (i64.const 0))
        (return)))
    (if (i64.gt_u (local.get $length) (i64.const 0xffffffff)) (then (call $fault) (unreachable)))
    (i32.store
      (i32.const 16)
      (call $range (local.get $address) (i32.wrap_i64 (local.get $length))))
    (i32.store (i32.const 20) (i32.wrap_i64 (local.get $length))))

  ;; The error is the block of the handle; 0 takes it back.
  (func (export "error_set") (param $handle i64)
    (local $header i32)
    (global.set $error (local.get $handle))
    (i64.store (i32.const 24) (i64.const 0))
    (if (i64.eqz (local.get $handle)) (then (return)))
    (local.set $header (call $find (local.get $handle)))
    (if (i32.eqz (local.get $header)) (then (call $fault) (unreachable)))
    (i32.store (i32.const 24) (call $range (local.get $handle) (i32.const 0)))
    (i32.store
      (i32.const 28)
      (i32.sub
        (i32.load offset=4 (local.get $header))
        (i32.wrap_i64 (local.get $handle)))))

  (func (export "error_get") (result i64)
    (global.get $error))
)
