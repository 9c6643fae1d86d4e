/** What a lane answers its realm at once, without asking the host. @module */

import type { SurfaceOperation } from "../../capabilities/host_calls.ts";
import { fileKey, resolveIn, type ScriptFile } from "./graph.ts";
import { LogMeter } from "./log_meter.ts";
import { answerUrl } from "./url_answer.ts";

/** Where answers come from. */
export interface AnswerSources {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since a fixed moment. */
  monotonic(): number;
  randomFill(bytes: Uint8Array): void;
  /** CommonJS and data files by key. */
  readonly files: ReadonlyMap<string, ScriptFile>;
  readonly logBytes: number;
  /** Passes a log operation on, with its arguments as JSON. */
  log(operation: string, args: string): void;
}

/** Most bytes of one `random.bytes`. */
const RANDOM_LIMIT = 65_536;

/** Whether a lane answers an operation at once; guests await all others. */
export function isAnsweredInLane({ capability, operation }: SurfaceOperation): boolean {
  return capability === "log" || ANSWERED.has(`${capability}.${operation}`);
}

const ANSWERED: ReadonlySet<string> = new Set(["clock.now", "clock.monotonic", "random.bytes"]);

/** The `ask` of the prelude. It takes and gives text only, and never throws. */
export function makeAnswers(
  sources: AnswerSources,
): (what: string, head: string, body: string) => string {
  const meter = new LogMeter(sources.logBytes);

  function operation(name: string, args: string): string {
    if (name.startsWith("log.")) return log(name, args);
    switch (name) {
      case "clock.now":
        return `=${sources.now()}`;
      case "clock.monotonic":
        return `=${sources.monotonic()}`;
      case "random.bytes":
        return random(JSON.parse(args));
    }
    return refusal("denied", name, "it is not granted");
  }

  function log(name: string, args: string): string {
    if (!meter.passes(args.length)) return "=";
    const dropped = meter.takeDropped();
    if (dropped > 0) {
      sources.log("log.warn", JSON.stringify({ message: `${dropped} log records dropped` }));
    }
    sources.log(name, args);
    return "=";
  }

  function random({ length }: { readonly length?: unknown }): string {
    const valid = typeof length === "number" && Number.isInteger(length) && length >= 0 &&
      length <= RANDOM_LIMIT;
    if (!valid) return refusal("quota", "random", `at most ${RANDOM_LIMIT} bytes at a time`);
    const bytes = new Uint8Array(length);
    sources.randomFill(bytes);
    return `=${JSON.stringify({ $bytes: bytes.toBase64() })}`;
  }

  return (what, head, body) => {
    try {
      switch (what) {
        case "call":
          return operation(head, body);
        case "url":
        case "url-set":
          return answerUrl(what, head, body);
        case "require": {
          const file = resolveIn(sources.files, head, body);
          return `=${fileKey(file.path, file.kind)}`;
        }
      }
      return "!";
    } catch (error) {
      return `!${error instanceof Error ? error.message : ""}`;
    }
  };
}

function refusal(code: string, operation: string, message: string): string {
  const capability = operation.slice(0, operation.lastIndexOf(".")) || operation;
  return `!${JSON.stringify({ code, capability, message })}`;
}
