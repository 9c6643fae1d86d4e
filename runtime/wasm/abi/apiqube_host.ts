/** What ApiQube plugins import from their host: log, clock, events and HTTP. @module */

import { refusalError } from "../../../capabilities/errors.ts";
import { Fault } from "../../errors.ts";
import { httpAnswer, httpFailure, parseHttpRequest } from "./apiqube_http.ts";
import { type ApiqubeWireEvent, parseEvent, parseJson } from "./apiqube_json.ts";
import type { AbiEnvironment, Call, Guest, HostCalls, ImportTable } from "./contract.ts";

/** The import module. */
export const IMPORT_MODULE = "apiqube";

/** The import that needs the `net` capability. */
export const HTTP_REQUEST = "host_http_request";

/** The operation behind it. */
const FETCH = "net.fetch";

/** Levels of `host_log`; any other number is taken as `info`. */
const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error"];

/** The session that the functions belong to. */
export interface ApiqubeSession {
  readonly guest: Guest;
  readonly environment: Pick<AbiEnvironment, "host" | "limits">;
  /**
   * Writes bytes into a buffer of the guest's allocator; gives its packed address.
   *
   * @throws {Fault} `bad-guest-data` when the allocator lies.
   */
  hand(bytes: Uint8Array, what: string): bigint;
  /** Whether the guest executes a test: other events are dropped. */
  isExecuting(): boolean;
}

/** Tells the sinks of `call` and of the host about an event. */
export function emitEvent({ kind, data }: ApiqubeWireEvent, host: HostCalls, call: Call): void {
  host.callSync("events.emit", { kind, data }, call);
}

/** The functions of the import module. */
export function hostFunctions(session: ApiqubeSession): ImportTable {
  const { guest, environment: { host } } = session;
  const { memory } = guest;
  const { refuse, request } = httpFunctions(session);
  // A plugin without the net need not be suspended: all its requests have the same answer, at once.
  const fetches = host.surface.some(({ capability, operation }) =>
    `${capability}.${operation}` === FETCH
  );
  return {
    [IMPORT_MODULE]: {
      host_log: {
        type: "(i32, i32, i32)",
        run(level: number, ptr: number, len: number) {
          const message = memory.text(ptr, len, "its log message");
          const args = { level: LOG_LEVELS[level] ?? "info", message };
          host.callSync("log.write", args, guest.call);
        },
      },
      host_now: {
        type: "() -> i64",
        run: () => BigInt(Math.floor(Number(host.callSync("clock.now", {}, guest.call)))),
      },
      host_emit_event: {
        type: "(i32, i32)",
        run(ptr: number, len: number) {
          if (!session.isExecuting() || len === 0) return;
          const event = eventIn(memory.read(ptr, len, "its event"));
          if (event !== undefined) emitEvent(event, host, guest.call);
        },
      },
      [HTTP_REQUEST]: {
        type: "(i32, i32) -> i64",
        run: refuse,
        ...(fetches ? { wait: request } : {}),
      },
    },
  };
}

function httpFunctions({ guest, environment: { host, limits }, hand }: ApiqubeSession) {
  const { memory } = guest;

  /** The bytes of a request; `undefined` when they cannot be read. */
  function read(ptr: number, len: number): Uint8Array | undefined {
    return memory.has(ptr, len) ? memory.read(ptr, len) : undefined;
  }

  /** Writes an answer where the guest finds it; 0 when its allocator does not let us. */
  function answer(bytes: Uint8Array): bigint {
    const fits = bytes.length <= limits.payloadBytes;
    try {
      return hand(fits ? bytes : httpFailure(TOO_LARGE, 0), "its response buffer");
    } catch (error) {
      if (error instanceof Fault && error.code === "bad-guest-data") return 0n;
      throw error;
    }
  }

  function refuse(ptr: number, len: number): bigint {
    const bytes = read(ptr, len);
    if (bytes === undefined) return 0n;
    const args = parseHttpRequest(bytes);
    return answer(httpFailure(typeof args === "string" ? args : refusalOf(host), 0));
  }

  async function request(signal: AbortSignal, ptr: number, len: number): Promise<bigint> {
    const bytes = read(ptr, len);
    if (bytes === undefined) return 0n;
    const args = parseHttpRequest(bytes);
    if (typeof args === "string") return answer(httpFailure(args, 0));
    const start = performance.now();
    let result: Uint8Array;
    try {
      const response = await host.call(FETCH, args, { ...guest.call, signal });
      result = httpAnswer(response, performance.now() - start);
    } catch (error) {
      result = httpFailure(messageOf(error), performance.now() - start);
    }
    // Whoever stopped the wait has ended the guest: nothing of it may run any more.
    signal.throwIfAborted();
    return answer(result);
  }

  return { refuse, request };
}

const TOO_LARGE = "the response is larger than a payload may be";

/** A malformed event is passed over, as the convention wants it. */
function eventIn(bytes: Uint8Array): ApiqubeWireEvent | undefined {
  try {
    return parseEvent(parseJson(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function refusalOf(host: HostCalls): string {
  const refusal = host.refused?.(FETCH);
  return refusal === undefined ? "HTTP is not available here" : refusalError(refusal).message;
}

/** What an operation fails with is written for its guest. */
function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "the request failed";
}
