/** How an extension that serves is driven: the events it gets, and what a driver of one convention is. Types only. @module */

import type { LogLevel } from "../../capabilities/log_sink.ts";
import type { HttpAnswer } from "../../capabilities/serving.ts";
import type { HostCalls } from "../contract.ts";
import type { Extension } from "../extension.ts";

/** Names and values in the order they came; a name may come more than once. */
export type Pairs = readonly (readonly [string, string])[];

/** A request for one of the extension's routes. */
export interface HttpRequestEvent {
  /** Tells it from other events. */
  readonly kind: "http.request";
  /** Its number among the requests of this extension, from 1; never used again. */
  readonly id: number;
  /** The method, in capital letters. */
  readonly method: string;
  /** The decoded path. */
  readonly path: string;
  /** What stands for the route's `:name` segments, decoded. */
  readonly params: { readonly [name: string]: string };
  /** The query, decoded. */
  readonly query: Pairs;
  /** Headers with lower-case names, `host` left out. */
  readonly headers: Pairs;
  /** All of the body. */
  readonly body: Uint8Array;
  /** The handler that was registered with the route; empty where there is none. */
  readonly handler: string;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** A new connection at one of the extension's paths. */
export interface WsOpenEvent {
  /** Tells it from other events. */
  readonly kind: "ws.open";
  /** Its number among the connections of this extension, from 1; never used again. */
  readonly connId: number;
  /** The decoded path. */
  readonly path: string;
  /** What stands for the path's `:name` segments, decoded. */
  readonly params: { readonly [name: string]: string };
  /** The query, decoded. */
  readonly query: Pairs;
  /** Headers of the request that opened it, with lower-case names. */
  readonly headers: Pairs;
  /** The handler that was registered with the path; empty where there is none. */
  readonly handler: string;
}

/** A frame that came over a connection. */
export interface WsFrameEvent {
  /** Tells it from other events. */
  readonly kind: "ws.frame";
  /** The connection. */
  readonly connId: number;
  /** 1: text, 2: bytes. */
  readonly opcode: 1 | 2;
  /** What it carries; text is UTF-8. */
  readonly payload: Uint8Array;
  /** The handler that was registered with the path. */
  readonly handler: string;
}

/** The end of a connection. */
export interface WsCloseEvent {
  /** Tells it from other events. */
  readonly kind: "ws.close";
  /** The connection. */
  readonly connId: number;
  /** The close code. */
  readonly code: number;
  /** The other side's words. */
  readonly reason: string;
  /** The handler that was registered with the path. */
  readonly handler: string;
}

/** Everything that happens to an extension that serves. */
export type ServingEvent = HttpRequestEvent | WsOpenEvent | WsFrameEvent | WsCloseEvent;

/** The two queues of an inbox. */
export type InboxKind = "http" | "ws";

/** Where a driver gets the events of its extension, HTTP before WebSocket. */
export interface Inbox {
  /** The next event, of one kind where given, at once; `undefined` when there is none. */
  take(kind?: InboxKind): ServingEvent | undefined;
  /** Waits until there is an event, of one kind where given, or `signal` fires; at most `ms` milliseconds. */
  wait(
    signal: AbortSignal,
    options?: { readonly ms?: number; readonly kind?: InboxKind },
  ): Promise<void>;
  /**
   * Answers request `id`, once. What cannot be sent (a status that is none, a header with a line break)
   * is refused, and the request stays open.
   *
   * @throws {OperationError} `not-possible`, also for a request that is not there or is answered.
   */
  respond(id: number, answer: HttpAnswer): void;
  /** Answers request `id` with a sentence of the host's own, unless it is answered. */
  fail(id: number, status: number, text: string): void;
  /** The step that took request `id` is over: if it is not answered it never will be (500). */
  settle(id: number): void;
  /** Drops every registration, as the instance that made them is gone. */
  forget(): void;
}

/** What an embedder decides about what it serves. */
export interface DriverSettings {
  /**
   * Decides whether `request` may pass the check that an extension's route names, such as `auth` or `admin`;
   * default: it may not.
   */
  readonly middleware?: (
    name: string,
    request: HttpRequestEvent,
    extension: string,
  ) => boolean | Promise<boolean>;
}

/** What a driver works with. */
export interface DriverContext {
  /** The extension. */
  readonly extension: Extension;
  /** Its events. */
  readonly inbox: Inbox;
  /**
   * Operations in the extension's name, through its broker: for routes that it declares as data,
   * `http.serve.register`.
   */
  readonly host: HostCalls;
  /** Writes to the host's log under the extension's name. */
  readonly log: (level: LogLevel, message: string) => void;
  /** What the embedder decides. */
  readonly settings: DriverSettings;
  /** Fires when the driver is to stop: `stop` is called then, too. */
  readonly signal: AbortSignal;
}

/** An extension that is being driven. */
export interface Driven {
  /** `failed`: it does not work any more; `stopped`: it was told to end, or ended. */
  readonly state: "running" | "failed" | "stopped";
  /**
   * Ends it: what is under way has a few seconds, then the extension's own shutdown. Idempotent; it never
   * waits without a limit, and the extension itself is not closed.
   */
  stop(): Promise<void>;
}

/** Drives the extensions of one convention. */
export interface Driver {
  /** What a status calls it. */
  readonly name: string;
  /** Whether it drives extensions that were granted none of the three ways to serve; default: no. */
  readonly always?: boolean;
  /**
   * Initialises the extension and begins to give it events.
   *
   * @throws what initialising it does: then it is not served, and others are.
   */
  start(context: DriverContext): Promise<Driven>;
}
