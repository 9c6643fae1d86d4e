;; A waPC guest that hands each operation on to its host, in the binding "text", namespace "case",
;; and answers with what the host said. Built by: deno run -A tools/build_guests.ts wapc-relay
(module
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $respond (param i32 i32)))
  (import "wapc" "__guest_error" (func $fail (param i32 i32)))
  (import "wapc" "__console_log" (func $log (param i32 i32)))
  (import "wapc" "__host_call"
    (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $response_len (result i32)))
  (import "wapc" "__host_response" (func $response (param i32)))
  (import "wapc" "__host_error_len" (func $error_len (result i32)))
  (import "wapc" "__host_error" (func $error (param i32)))

  (memory (export "memory") 2)

  ;; where things are: words of our own, the operation, the payload, the host's answer
  (global $operation i32 (i32.const 1024))
  (global $payload i32 (i32.const 2048))
  (global $answer i32 (i32.const 65536))
  ;; how much room they have
  (global $operation_room i32 (i32.const 1024))
  (global $payload_room i32 (i32.const 63488))
  (global $answer_room i32 (i32.const 65536))

  (data (i32.const 0) "text")
  (data (i32.const 4) "case")
  (data (i32.const 8) "relay is ready")
  (data (i32.const 22) "too long")

  (func (export "wapc_init")
    (call $log (i32.const 8) (i32.const 14)))

  (func $too_long (result i32)
    (call $fail (i32.const 22) (i32.const 8))
    (i32.const 0))

  (func (export "__guest_call") (param $operation_len i32) (param $len i32) (result i32)
    (local $answer_len i32)
    (if (i32.gt_u (local.get $operation_len) (global.get $operation_room))
      (then (return (call $too_long))))
    (if (i32.gt_u (local.get $len) (global.get $payload_room))
      (then (return (call $too_long))))
    (call $request (global.get $operation) (global.get $payload))
    (if
      (call $host_call
        (i32.const 0) (i32.const 4)
        (i32.const 4) (i32.const 4)
        (global.get $operation) (local.get $operation_len)
        (global.get $payload) (local.get $len))
      (then
        (local.set $answer_len (call $response_len))
        (if (i32.gt_u (local.get $answer_len) (global.get $answer_room))
          (then (return (call $too_long))))
        (call $response (global.get $answer))
        (call $respond (global.get $answer) (local.get $answer_len))
        (return (i32.const 1))))
    (local.set $answer_len (call $error_len))
    (if (i32.gt_u (local.get $answer_len) (global.get $answer_room))
      (then (return (call $too_long))))
    (call $error (global.get $answer))
    (call $fail (global.get $answer) (local.get $answer_len))
    (i32.const 0)))
