/**
 * The convention of the WASM guest of the capability suite: one import through which any operation can be
 * asked for. No built-in convention reaches every capability; this one goes through the engine as they do.
 *
 * @module
 */

import type { Abi, AbiEnvironment, Guest } from "../../mod.ts";
import { pack, unpack } from "../../runtime/memory.ts";
import { refusalOf } from "../../runtime/script/refusal.ts";
import type { GuestAnswer, GuestRequest } from "./capability_rows.ts";

/** The convention: `door.ask(ptr, len)` takes a request as JSON and gives an answer as JSON. */
export const DOOR: Abi = {
  name: "door",
  instances: "one",
  looksFor: 'an import "door"."ask"',
  detect: ({ imports }) =>
    imports.some(({ module }) => module === "door") ? 'it imports "door"' : undefined,
  requires: [{ name: "door_alloc", kind: "function", type: "(i32) -> i32" }],
  operation: "(i32, i32) -> i64",
  reserved: ["door_alloc"],
  starts: false,
  lane: new URL("./door_lane.ts", import.meta.url),
  bind(guest, environment) {
    const hand = (bytes: Uint8Array): number => {
      const at = Number(guest.fn("door_alloc")?.(bytes.length));
      guest.memory.write(at, bytes);
      return at;
    };
    const packed = { ptr: 0, len: 0 };
    const take = (answer: unknown): Uint8Array => {
      unpack(answer as bigint, packed);
      return guest.memory.read(packed.ptr, packed.len);
    };
    // like the imports of any module, what exists is settled when the instance is made
    const granted = new Set(
      environment.host.surface.map(({ capability, operation }) => `${capability}.${operation}`),
    );
    return {
      imports: {
        door: {
          ask: {
            type: "(i32, i32) -> i64",
            async wait(signal, ptr: number, len: number) {
              const request: GuestRequest = JSON.parse(guest.memory.text(ptr, len));
              const answer = granted.has(request.operation)
                ? await ask(guest, environment, request, signal)
                : { code: "absent", capability: "" };
              signal.throwIfAborted();
              const bytes = new TextEncoder().encode(JSON.stringify(answer));
              return pack(hand(bytes), bytes.length);
            },
          },
        },
      },
      invoke(fn, payload) {
        const entry = guest.entry(fn);
        if (!entry) throw environment.unknownFunction(fn);
        const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
        const request: GuestRequest = JSON.parse(text);
        const bytes = new TextEncoder().encode(` ${text}`);
        bytes[0] = request.times ?? 1;
        const answer = entry(hand(bytes), bytes.length);
        return answer instanceof Promise ? answer.then(take) : take(answer);
      },
    };
  },
};

async function ask(
  guest: Guest,
  { host }: AbiEnvironment,
  { operation, named }: GuestRequest,
  signal: AbortSignal,
): Promise<GuestAnswer> {
  try {
    const value = await host.call(operation, named as never, { ...guest.call, signal });
    return { code: "ok", capability: "", value: shown(value) };
  } catch (error) {
    const { code, capability } = JSON.parse(refusalOf(error));
    return { code, capability };
  }
}

/** Bytes become text, also those of an HTTP answer. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  const body = typeof value === "object" && value !== null && "body" in value && value.body;
  return body instanceof Uint8Array ? { ...Object(value), body: shown(body) } : value;
}
