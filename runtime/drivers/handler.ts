/** Drives every extension without a driver of its own: each event is a call of the function that handles it. @module */

import { CapabilityError, OperationError } from "../../capabilities/errors.ts";
import { ExtensionError } from "../errors.ts";
import type { Driven, Driver, DriverContext, HttpRequestEvent, ServingEvent } from "./driver.ts";
import { eventJson, httpAnswer, socketAnswer } from "./handler_event.ts";
import { registerRoutes } from "./manifest_routes.ts";
import { settledWithin, Slots } from "./slots.ts";
import { Stretch } from "./stretch.ts";
import { Warner } from "./warner.ts";

/** Requests of one extension that are handled at a time; more wait in its queue. */
const CONCURRENCY = 8;
/** What handles events of a registration that names no function. */
const DEFAULT_HANDLER = "handle";
/** Milliseconds that handlers have when they are told to stop: whoever waited for an answer was waited for before. */
const STOP_MS = 1_000;

/** Functions of the guest are the handlers: JavaScript, native, QuickJS, and WASM of most conventions. */
export const handlerDriver: Driver = Object.freeze<Driver>({
  name: "handlers",
  // deno-lint-ignore require-await -- whoever starts it waits for other drivers
  async start(context) {
    registerRoutes(context);
    return new HandlerDriven(context);
  },
});

class HandlerDriven implements Driven {
  readonly #context: DriverContext;
  readonly #stop = new AbortController();
  readonly #warner: Warner;
  readonly #loops: Promise<unknown>;
  #state: Driven["state"] = "running";
  readonly #inHand = new Slots(CONCURRENCY);
  readonly #stretch = new Stretch();
  #stopping: Promise<void> | undefined;

  constructor(context: DriverContext) {
    this.#context = context;
    this.#warner = new Warner((message) => context.log("warn", message));
    const end = () => this.#stop.abort();
    context.signal.addEventListener("abort", end, { once: true });
    if (context.signal.aborted) end();
    this.#loops = Promise.all([this.#requests(), this.#frames()]);
    this.#loops.catch((error) => {
      this.#state = "failed";
      context.log("error", `is not driven any more: ${textOf(error)}`);
    });
  }

  get state(): Driven["state"] {
    return this.#state;
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#end();
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await settledWithin(STOP_MS, [this.#loops]);
    this.#warner.close();
    if (this.#state === "running") this.#state = "stopped";
  }

  /** Requests are handled side by side. */
  async #requests(): Promise<void> {
    const { inbox } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#inHand.areFull) {
        await this.#inHand.freed();
        continue;
      }
      const event = inbox.take("http");
      if (event?.kind !== "http.request") {
        await inbox.wait(signal, { kind: "http" });
        continue;
      }
      this.#inHand.hold(this.#answer(event));
      await this.#stretch.yield();
    }
    await this.#inHand.empty();
  }

  /** What happens to connections is handled in its order. */
  async #frames(): Promise<void> {
    const { inbox } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const event = inbox.take("ws");
      if (!event) {
        await inbox.wait(signal, { kind: "ws" });
        continue;
      }
      await this.#frame(event);
      await this.#stretch.yield();
    }
  }

  async #answer(event: HttpRequestEvent): Promise<void> {
    const { inbox } = this.#context;
    if (event.signal.aborted) return;
    try {
      const answer = httpAnswer(await this.#call(event));
      // the handler may have answered for itself meanwhile
      if (answer && !event.signal.aborted) inbox.respond(event.id, answer);
    } catch (error) {
      this.#warner.warn(`${event.method} ${event.path}: ${textOf(error)}`);
      const [status, text] = failureOf(error);
      inbox.fail(event.id, status, text);
    } finally {
      inbox.settle(event.id);
    }
  }

  async #frame(event: ServingEvent): Promise<void> {
    if (event.kind === "http.request") return;
    const { host } = this.#context;
    try {
      const { send, close } = socketAnswer(await this.#call(event));
      if (event.kind === "ws.close") return;
      const { connId } = event;
      if (send) host.callSync("ws.serve.send", { connId, ...send });
      if (close) host.callSync("ws.serve.close", { connId, ...close });
    } catch (error) {
      this.#warner.warn(`${event.kind} of connection ${event.connId}: ${textOf(error)}`);
    }
  }

  /**
   * A client that leaves does not stop the call, except of a native function, which can be told: other
   * guests would lose their instance, and a client could restart them as it likes.
   */
  #call(event: ServingEvent): Promise<Uint8Array> {
    const { extension } = this.#context;
    const fn = event.handler === "" ? DEFAULT_HANDLER : event.handler;
    const heeds = event.kind === "http.request" && extension.engine === "native";
    return extension.invoke(fn, eventJson(event), heeds ? { signal: event.signal } : {});
  }
}

/** What a client is told; never the guest's own words. */
function failureOf(error: unknown): readonly [number, string] {
  if (error instanceof ExtensionError) {
    if (error.code === "timeout" || error.code === "out-of-fuel") return [504, "plugin timeout"];
    if (error.code === "busy") return [503, "plugin busy"];
    if (error.code === "closed") return [503, "no longer served"];
  }
  return [500, "plugin did not respond"];
}

function textOf(error: unknown): string {
  if (error instanceof CapabilityError || error instanceof OperationError) return error.message;
  if (error instanceof ExtensionError) {
    return error.guest === "" ? error.message : `${error.message} (${error.guest})`;
  }
  return error instanceof Error ? error.message : String(error);
}
