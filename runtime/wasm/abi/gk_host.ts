/** What GoatKit plugins import from their host: `host_call`, which dispatches by name, and `log`. @module */

import type { SurfaceOperation } from "../../../capabilities/host_calls.ts";
import { Fault } from "../../errors.ts";
import type { AbiEnvironment, Guest, ImportTable } from "./contract.ts";
import {
  answerBytes,
  GK_REQUESTS,
  type GkCallName,
  GkRequestError,
  isGkCall,
  requestFields,
} from "./gk_calls_json.ts";
import type { GkRegistration } from "./gk_json.ts";
import { GK_OPERATIONS, type GkOperation } from "./gk_operations.ts";
import type { GkRights } from "./gk_permissions.ts";
import { translate } from "./gk_translate.ts";
import { HostExchange } from "./host_exchange.ts";

/** The import module. */
export const IMPORT_MODULE = "gk";

/** Levels of `log`; any other number is taken as `info`. */
const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error"];

/** What a plugin gets for a call that failed, or that has no answer. */
const NOTHING = 0n;
/** Bytes that cost as much to copy as one tick of host work. */
const BYTES_PER_TICK = 4096;
/** Characters of a plugin's words that a log record repeats. */
const SHOWN = 80;

/** The plugin as its host functions see it. */
export interface GkSession {
  readonly guest: Guest;
  readonly environment: AbiEnvironment;
  /** What it registered as, and what that allows; `undefined` until it has. */
  readonly registered:
    | { readonly registration: GkRegistration; readonly rights: GkRights }
    | undefined;
  /**
   * Writes bytes into a buffer of the guest's allocator; gives its packed address.
   *
   * @throws {Fault} `bad-guest-data` when the allocator lies.
   * @returns `undefined` when it has no room.
   */
  hand(bytes: Uint8Array, what: string): bigint | undefined;
  /** Whether the guest's own allocator runs: it has nothing to ask of the host. */
  readonly isAllocating: boolean;
}

/** The functions of the import module. */
export function gkImports(session: GkSession): ImportTable {
  const calls = new HostCallsOfPlugin(session);
  const { guest, environment: { host, limits } } = session;

  function check(ptr: number, len: number, what: string): void {
    const bytes = len >>> 0;
    guest.memory.check(ptr, bytes, what);
    if (bytes > limits.payloadBytes) {
      const sizes = `${bytes} bytes where ${limits.payloadBytes} are allowed`;
      throw new Fault("payload-limit", `${what} has ${sizes}`);
    }
    guest.tick(bytes / BYTES_PER_TICK);
  }

  return {
    [IMPORT_MODULE]: {
      host_call: {
        type: "(i32, i32, i32, i32) -> i64",
        mayWait: () => calls.mayWait,
        run(...[fnPtr, fnLen, argsPtr, argsLen]: [number, number, number, number]) {
          if (session.registered === undefined || session.isAllocating) return NOTHING;
          check(fnPtr, fnLen, "the name of its host call");
          const name = guest.memory.text(fnPtr, fnLen, "the name of its host call");
          const what = "the arguments of its host call";
          check(argsPtr, argsLen, what);
          // A guest may point anywhere with nothing.
          const args = argsLen === 0
            ? new Uint8Array(0)
            : guest.memory.read(argsPtr, argsLen, what);
          return calls.ask(name, args);
        },
        wait: (signal) => calls.answerLater(signal),
      },
      log: {
        type: "(i32, i32, i32)",
        run(level: number, ptr: number, len: number) {
          if (session.registered === undefined) return;
          check(ptr, len, "its log message");
          const message = guest.memory.text(ptr, len, "its log message");
          host.callSync("log.write", { level: LOG_LEVELS[level] ?? "info", message }, guest.call);
        },
      },
    },
  };
}

/** Answers the host calls of one plugin. */
class HostCallsOfPlugin {
  readonly #session: GkSession;
  readonly #exchange: HostExchange;
  /** What `ask` left to `answerLater`. */
  #pending: ((signal: AbortSignal) => Promise<bigint>) | undefined;
  /** The operations that were looked at last, and whether a host call may have to wait for one. */
  #seen: readonly SurfaceOperation[] | undefined;
  #waits = false;

  constructor(session: GkSession) {
    this.#session = session;
    this.#exchange = new HostExchange(session.guest, session.environment);
  }

  /** Whether any call may have to wait: an embedder's function, or an operation that was granted. */
  get mayWait(): boolean {
    const { hostFunctions, host: { surface } } = this.#session.environment;
    if (surface !== this.#seen) {
      this.#seen = surface;
      this.#waits = surface.some(({ capability, operation, sync }) =>
        !sync && OPERATIONS.has(`${capability}.${operation}`)
      );
    }
    return this.#waits || hostFunctions.waits;
  }

  /** The answer, or `undefined` where the guest has to be suspended and `answerLater` gives it. */
  ask(name: string, args: Uint8Array): bigint | undefined {
    this.#pending = undefined;
    const { environment: { hostFunctions }, registered } = this.#session;
    if (registered === undefined) return NOTHING;
    if (!registered.rights.allows(name)) {
      return this.#fail(name, "none of its permissions allows that");
    }
    try {
      if (hostFunctions.find(name) !== undefined) return this.#askEmbedder(name, args);
      if (!isGkCall(name)) return this.#fail(name, "there is no such host call");
      if (name === "translate") {
        const phrase = GK_REQUESTS.translate(requestFields(args));
        const value = translate(registered.registration.i18n, this.#language(), phrase);
        return this.#answer(name, answerBytes({ value }));
      }
      return this.#askCapability(name, args);
    } catch (reason) {
      return this.#failWith(name, reason);
    }
  }

  /** The answer to what `ask` left open. */
  async answerLater(signal: AbortSignal): Promise<bigint> {
    return await this.#pending?.(signal) ?? NOTHING;
  }

  #askEmbedder(name: string, args: Uint8Array): bigint | undefined {
    const exchange = this.#exchange;
    const finish = (status: number) =>
      status === 1
        ? this.#answer(name, exchange.response)
        : this.#fail(name, decoder.decode(exchange.error));
    const status = exchange.ask({ operation: name, namespace: "", binding: "" }, args);
    if (status !== undefined) return finish(status);
    this.#pending = async (signal) => {
      const status = await exchange.answerLater(signal);
      signal.throwIfAborted();
      return finish(status);
    };
    return undefined;
  }

  #askCapability(
    name: Exclude<GkCallName, "translate">,
    bytes: Uint8Array,
  ): bigint | undefined {
    const { guest, environment: { host }, registered } = this.#session;
    // Each entry of the tables takes what the entry of its name in the other gives.
    const { operation, args, answer } = GK_OPERATIONS[name] as GkOperation<unknown>;
    const found = host.surface.find((each) => `${each.capability}.${each.operation}` === operation);
    const may = { write: registered?.rights.allows("db_exec") ?? false };
    const asked = args(GK_REQUESTS[name](requestFields(bytes)), may);
    const finish = (result: Parameters<typeof answer>[0]) => {
      const value = answer(result);
      return this.#answer(name, value instanceof Uint8Array ? value : answerBytes(value));
    };
    // What is not there is refused at once, in the words and with the record of every refusal.
    if (found?.sync ?? true) return finish(host.callSync(operation, asked, guest.call));
    if (!guest.suspends) return this.#fail(name, "it has to wait, and this call cannot");
    this.#pending = async (signal) => {
      try {
        const result = await host.call(operation, asked, { ...guest.call, signal });
        // Whoever stopped the wait has ended the guest: nothing of it may run any more.
        signal.throwIfAborted();
        return finish(result);
      } catch (reason) {
        signal.throwIfAborted();
        return this.#failWith(name, reason);
      }
    };
    return undefined;
  }

  #language(): string {
    const { language } = this.#session.environment.config;
    return typeof language === "string" ? language : "";
  }

  #answer(name: string, bytes: Uint8Array): bigint {
    const { guest, environment: { limits } } = this.#session;
    if (bytes.length === 0) return NOTHING;
    if (bytes.length > limits.payloadBytes) {
      const sizes = `${bytes.length} bytes where ${limits.payloadBytes} are allowed`;
      return this.#fail(name, `its answer has ${sizes}`);
    }
    guest.tick(bytes.length / BYTES_PER_TICK);
    const answer = this.#session.hand(bytes, "its answer buffer");
    return answer ?? this.#fail(name, "the plugin has no room for the answer");
  }

  /** The plugin learns nothing of it; its log does. */
  #fail(name: string, reason: string): bigint {
    const { guest, environment: { host } } = this.#session;
    const shown = JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name);
    const message = `host_call ${shown} failed: ${reason}`;
    // A plugin that has used up its operations is not told that by ending it.
    if (guest.call.budget.operations > 0) {
      host.callSync("log.write", { level: "error", message }, guest.call);
    }
    return NOTHING;
  }

  /** A fault of a trusted function, or of the guest's memory, ends the guest. */
  #failWith(name: string, reason: unknown): bigint {
    // In a lane a question without its answer leaves this function by what is no error.
    if (reason instanceof Fault || !(reason instanceof Error)) throw reason;
    if (reason instanceof GkRequestError) return this.#fail(name, reason.message);
    return this.#fail(name, reason.message === "" ? "it could not be done" : reason.message);
  }
}

const decoder = new TextDecoder();

const OPERATIONS: ReadonlySet<string> = new Set(
  Object.values(GK_OPERATIONS).map(({ operation }) => operation),
);
