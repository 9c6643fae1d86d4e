/** What an extension that serves has of its host: its place at the host's one listener. Types, and checked arguments. @module */

import type { HostValue } from "./capability.ts";
import { OperationError } from "./errors.ts";
import { pathProblem } from "./route_pattern.ts";

/** The three kinds of serving, each behind a capability of its own. */
export type ServingKind = "http" | "ws" | "sse";

/** An answer to a request. */
export interface HttpAnswer {
  /** 0 stands for 200. */
  readonly status: number;
  /** Names and values; a name may come more than once. */
  readonly headers: readonly (readonly [string, string])[];
  /** Text stands for its UTF-8 bytes. */
  readonly body: Uint8Array | string;
}

/** One server-sent event. */
export interface StreamEvent {
  /** What `lastEventId` is from then on; empty = none. */
  readonly id: string;
  /** The event's type; empty = `message`. */
  readonly event: string;
  /** What it carries. */
  readonly data: string;
}

/** Text (1) or bytes (2) in a WebSocket frame. */
export type Opcode = 1 | 2;

/**
 * One extension's place at the listener of its host. Whatever it is told about requests and connections of
 * other extensions, it knows none of them.
 *
 * Each method throws an `OperationError` `not-possible` for what there is not, or not any more.
 */
export interface Serving {
  /** Begins serving of one kind: what was granted stands from here to `shut`. */
  open(kind: ServingKind): void;
  /** Ends serving of one kind: its registrations, its requests and its connections. */
  shut(kind: ServingKind): void;
  /** Takes requests of `method` at `path`; `handler` is for extensions that are driven by functions. */
  route(method: string, path: string, handler: string): void;
  /** Takes connections at `path`. */
  socket(path: string, handler: string): void;
  /** Takes subscribers at `path`. */
  stream(path: string): void;
  /** Answers request `id`, once. */
  respond(id: number, answer: HttpAnswer): void;
  /** Sends one frame to a connection. */
  send(connId: number, opcode: Opcode, payload: Uint8Array): void;
  /** Closes a connection. */
  closeSocket(connId: number, code: number, reason: string): void;
  /** Tells the subscribers of `path`; how many it reached. */
  emit(path: string, event: StreamEvent): number;
}

/** Longest name of a handler: it becomes part of messages and records. */
const HANDLER_LIMIT = 256;

/** The extension's place, where its host serves at all. */
export function placeOf(serving: Serving | undefined): Serving {
  if (serving) return serving;
  throw new OperationError("unavailable", "Cannot serve as this extension has no host that serves");
}

/** What is wrong with arguments that were allowed. */
export function notPossible(message: string): OperationError {
  return new OperationError("not-possible", message);
}

/** A path to register. */
export function pathOf(value: HostValue): string {
  const problem = typeof value === "string" ? pathProblem(value) : "must be text";
  if (typeof value === "string" && problem === undefined) return value;
  throw notPossible(`Cannot register the path as it ${problem}`);
}

/** Name of the function that takes what comes; empty = the driver's own choice. */
export function handlerOf(value: HostValue): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" && value.length <= HANDLER_LIMIT) return value;
  throw notPossible("Cannot register the handler as it must be the name of a function");
}

/** Number of a request or of a connection. */
export function idOf(value: HostValue, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw notPossible(`Cannot find the ${what} as its number must be a positive integer`);
}

/** Text that may be left out. */
export function optionalText(value: HostValue, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw notPossible(`Cannot serve as the ${what} must be text`);
}
