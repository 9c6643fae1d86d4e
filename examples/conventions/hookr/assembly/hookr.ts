/*
 * What a Hookr plugin has of its host: the payload of its call, its answer or its error, and functions
 * of the host by name.
 */

// @ts-ignore: decorator
@external("hookr", "__plugin_request") declare function pluginRequest(name: usize, payload: usize): void;
// @ts-ignore: decorator
@external("hookr", "__plugin_response") declare function pluginResponse(at: usize, len: u32): void;
// @ts-ignore: decorator
@external("hookr", "__plugin_error") declare function pluginError(at: usize, len: u32): void;
// @ts-ignore: decorator
@external("hookr", "__log") declare function pluginLog(at: usize, len: u32): void;
// @ts-ignore: decorator
@external("hookr", "__host_call")
declare function rawHostCall(name: usize, nameLen: u32, payload: usize, len: u32): i32;
// @ts-ignore: decorator
@external("hookr", "__host_response_len") declare function hostResponseLen(): u32;
// @ts-ignore: decorator
@external("hookr", "__host_response") declare function hostResponse(at: usize): void;
// @ts-ignore: decorator
@external("hookr", "__host_error_len") declare function hostErrorLen(): u32;
// @ts-ignore: decorator
@external("hookr", "__host_error") declare function hostError(at: usize): void;

/** One call: the operation's name and its payload. */
export class Request {
  constructor(readonly operation: string, readonly payload: ArrayBuffer) {}
}

/** Fetches what the host calls for; the lengths are those that `__plugin_call` got. */
export function request(operationLen: u32, payloadLen: u32): Request {
  const operation = new ArrayBuffer(operationLen);
  const payload = new ArrayBuffer(payloadLen);
  pluginRequest(changetype<usize>(operation), changetype<usize>(payload));
  return new Request(String.UTF8.decode(operation), payload);
}

/** Answers the call; the result is what `__plugin_call` returns. */
export function respond(bytes: ArrayBuffer): i32 {
  pluginResponse(changetype<usize>(bytes), bytes.byteLength);
  return 1;
}

/** Fails the call. */
export function refuse(text: string): i32 {
  const bytes = String.UTF8.encode(text);
  pluginError(changetype<usize>(bytes), bytes.byteLength);
  return 0;
}

/** Writes to the host's log. */
export function log(text: string): void {
  const bytes = String.UTF8.encode(text);
  pluginLog(changetype<usize>(bytes), bytes.byteLength);
}

/** Why the last `hostCall` gave nothing. */
export let hostFailure: string = "";

/** Calls a function of the host; `null` when it failed. */
export function hostCall(operation: string, payload: ArrayBuffer): ArrayBuffer | null {
  const name = String.UTF8.encode(operation);
  const ok = rawHostCall(
    changetype<usize>(name),
    name.byteLength,
    changetype<usize>(payload),
    payload.byteLength,
  );
  const answer = new ArrayBuffer(ok ? hostResponseLen() : hostErrorLen());
  if (ok) {
    hostResponse(changetype<usize>(answer));
    return answer;
  }
  hostError(changetype<usize>(answer));
  hostFailure = String.UTF8.decode(answer);
  return null;
}
