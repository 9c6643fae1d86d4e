/* What an Extism plugin imports from its host, and the few lines that make bytes of it. */

@external("extism:host/env", "alloc")
declare function alloc(length: u64): u64;
@external("extism:host/env", "free")
declare function free(handle: u64): void;
@external("extism:host/env", "length")
declare function length(handle: u64): u64;
@external("extism:host/env", "load_u8")
declare function load_u8(address: u64): u8;
@external("extism:host/env", "load_u64")
declare function load_u64(address: u64): u64;
@external("extism:host/env", "store_u8")
declare function store_u8(address: u64, value: u8): void;
@external("extism:host/env", "store_u64")
declare function store_u64(address: u64, value: u64): void;
@external("extism:host/env", "input_length")
declare function input_length(): u64;
@external("extism:host/env", "input_load_u8")
declare function input_load_u8(offset: u64): u8;
@external("extism:host/env", "input_load_u64")
declare function input_load_u64(offset: u64): u64;
@external("extism:host/env", "output_set")
declare function output_set(address: u64, length: u64): void;
@external("extism:host/env", "error_set")
declare function error_set(handle: u64): void;
@external("extism:host/env", "config_get")
declare function config_get(key: u64): u64;
@external("extism:host/env", "var_get")
declare function var_get(key: u64): u64;
@external("extism:host/env", "var_set")
declare function var_set(key: u64, value: u64): void;
@external("extism:host/env", "log_info")
declare function log_info(message: u64): void;
@external("extism:host/env", "http_request")
declare function http_request(request: u64, body: u64): u64;
@external("extism:host/env", "http_status_code")
declare function http_status_code(): i32;
@external("extism:host/env", "http_headers")
declare function http_headers(): u64;

/** The handle of nothing. */
export const NOTHING: u64 = 0;

/** The input of this call. */
export function input(): ArrayBuffer {
  const count = <i32> input_length();
  const bytes = new ArrayBuffer(count);
  const start = changetype<usize>(bytes);
  let at = 0;
  for (; at + 8 <= count; at += 8) store<u64>(start + at, input_load_u64(at));
  for (; at < count; at++) store<u8>(start + at, input_load_u8(at));
  return bytes;
}

/** The input of this call, as text. */
export function inputText(): string {
  return String.UTF8.decode(input());
}

/** A new block with these bytes. */
export function block(bytes: ArrayBuffer): u64 {
  const count = bytes.byteLength;
  const handle = alloc(count);
  const start = changetype<usize>(bytes);
  let at = 0;
  for (; at + 8 <= count; at += 8) store_u64(handle + at, load<u64>(start + at));
  for (; at < count; at++) store_u8(handle + at, load<u8>(start + at));
  return handle;
}

/** A new block with this text. */
export function textBlock(text: string): u64 {
  return block(String.UTF8.encode(text));
}

/** The bytes of a block; the block is freed. */
export function take(handle: u64): ArrayBuffer {
  const count = <i32> length(handle);
  const bytes = new ArrayBuffer(count);
  const start = changetype<usize>(bytes);
  let at = 0;
  for (; at + 8 <= count; at += 8) store<u64>(start + at, load_u64(handle + at));
  for (; at < count; at++) store<u8>(start + at, load_u8(handle + at));
  free(handle);
  return bytes;
}

/** The text of a block; the block is freed. */
export function takeText(handle: u64): string {
  return String.UTF8.decode(take(handle));
}

/** Gives these bytes as the output of this call. */
export function output(bytes: ArrayBuffer): void {
  output_set(block(bytes), bytes.byteLength);
}

/** Gives this text as the output of this call. */
export function outputText(text: string): void {
  output(String.UTF8.encode(text));
}

/** Fails this call; a function that fails returns what this gives. */
export function fail(message: string): i32 {
  error_set(textBlock(message));
  return 1;
}

/** A value of the configuration; empty where there is none. */
export function config(key: string): string {
  const handle = config_get(textBlock(key));
  return handle === NOTHING ? "" : takeText(handle);
}

/** A variable; empty where there is none. */
export function variable(key: string): string {
  const handle = var_get(textBlock(key));
  return handle === NOTHING ? "" : takeText(handle);
}

/** Keeps a variable for later calls. */
export function setVariable(key: string, value: string): void {
  var_set(textBlock(key), textBlock(value));
}

/** A variable that is a number; 0 where there is none. */
export function counter(key: string): u64 {
  const handle = var_get(textBlock(key));
  if (handle === NOTHING) return 0;
  const value = length(handle) === 8 ? load_u64(handle) : 0;
  free(handle);
  return value;
}

/** Keeps a number for later calls. */
export function setCounter(key: string, value: u64): void {
  const handle = alloc(8);
  store_u64(handle, value);
  var_set(textBlock(key), handle);
  free(handle);
}

/** Forgets a variable. */
export function deleteVariable(key: string): void {
  var_set(textBlock(key), NOTHING);
}

/** Writes to the host's log. */
export function log(message: string): void {
  log_info(textBlock(message));
}

/** Sends a request, described in JSON; the handle of the answer's body. */
export function request(json: string, body: u64): u64 {
  return http_request(textBlock(json), body);
}

/** The status of the last answer. */
export function status(): i32 {
  return http_status_code();
}

/** The headers of the last answer, in JSON; empty where there are none. */
export function answerHeaders(): string {
  const handle = http_headers();
  return handle === NOTHING ? "" : takeText(handle);
}
