/** `log`: what an extension has to say, at most so many bytes a second. @module */

import { type Capability, defineCapability, type HostValue } from "../capability.ts";
import { noArguments } from "../arguments.ts";
import { utf8Bytes } from "../byte_size.ts";
import type { CapabilityScope } from "../capability.ts";
import { LOG_LEVELS, type LogLevel } from "../log_sink.ts";

/** Longest message that is kept whole: one giant line must not use up what the sink can take. */
const MESSAGE_LIMIT = 8 * 1024;
/** The span over which bytes are counted. */
const WINDOW_MS = 1_000;
/** What every record costs beside its text: a flood of empty lines is a flood too. */
const RECORD_BYTES = 16;

const decoder = new TextDecoder();

/** Counts, drops and passes on the records of one extension. */
class ExtensionLog {
  readonly #scope: CapabilityScope<unknown>;
  #windowStart = performance.now();
  #bytes = 0;
  #dropped = 0;

  constructor(scope: CapabilityScope<unknown>) {
    this.#scope = scope;
  }

  write(level: LogLevel, message: string): void {
    const now = performance.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#bytes = 0;
      this.reportDropped();
    }
    const text = message.length > MESSAGE_LIMIT
      ? `${message.slice(0, MESSAGE_LIMIT - 1)}…`
      : message;
    const bytes = utf8Bytes(text) + RECORD_BYTES;
    if (this.#bytes + bytes > this.#scope.services.logBytes) {
      this.#dropped++;
      return;
    }
    this.#bytes += bytes;
    this.#send(level, text);
  }

  /** Tells how many records were dropped since the last time, if any were. */
  reportDropped(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    const { logBytes } = this.#scope.services;
    this.#send("warn", `${dropped} log records dropped: more than ${logBytes} bytes in a second`);
  }

  #send(level: LogLevel, message: string): void {
    const { extension, services } = this.#scope;
    services.log({ extension: extension.name, level, message, time: services.now() });
  }
}

function textOf(value: HostValue): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return decoder.decode(value.subarray(0, MESSAGE_LIMIT * 4));
  return JSON.stringify(value) ?? "undefined";
}

function levelOf(value: HostValue): LogLevel {
  return LOG_LEVELS.find((level) => level === value) ?? "info";
}

const at = (level: LogLevel) => ({
  params: ["message"],
  callSync: ({ message }: { readonly message?: HostValue }, context: { state: ExtensionLog }) => {
    context.state.write(level, textOf(message));
    return undefined;
  },
});

/** Writes to the host's log. Unknown levels count as `info`. */
export const logCapability: Capability<null, unknown> = defineCapability<null, ExtensionLog>({
  name: "log",
  aliases: ["logging"],
  summary: "write to the host's log",
  parse: noArguments,
  operations: {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    write: {
      params: ["level", "message"],
      callSync({ level, message }, { state }) {
        state.write(levelOf(level), textOf(message));
        return undefined;
      },
      summarize: ({ message }) => textOf(message),
    },
  },
  setup: (scope) => new ExtensionLog(scope),
  teardown: (state) => state.reportDropped(),
}) as Capability<null, unknown>;
