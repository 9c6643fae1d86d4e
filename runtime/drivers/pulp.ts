/**
 * Drives a Pulp cell: initialises it, steps it with what happens and with nothing, as long as it is
 * served, and lets it end in order.
 *
 * @module
 */

import { ExtensionError } from "../errors.ts";
import type { PulpCell } from "../views/pulp.ts";
import type { Driven, Driver, DriverContext, ServingEvent } from "./driver.ts";
import { pulpEvent } from "./pulp_events.ts";
import { Stretch } from "./stretch.ts";
import { Warner } from "./warner.ts";

/** Milliseconds between two steps of a cell to which nothing happens: it begins so, and grows. */
const IDLE_MS = 0.2;
const IDLE_GROWTH = 2;
/** A cell that only waits must not keep the host busy. */
const IDLE_LIMIT_MS = 50;
/** Milliseconds that a cell may take to be initialised, where nothing allows it less. */
const INIT_MS = 10_000;
/** Milliseconds that a step under way has when the cell is to end, and then its shutdown. */
const STOP_MS = 5_000;

/** Failures after which the instance is the same as before: nothing of it ran. */
const HARMLESS: ReadonlySet<string> = new Set(["bad-payload", "payload-limit", "busy"]);

/** The driver of the `pulp` convention. */
export const pulpDriver: Driver = Object.freeze<Driver>({
  name: "pulp",
  // A cell works between events, too.
  always: true,
  async start(context: DriverContext): Promise<Driven> {
    const cell = context.extension.as("pulp");
    await cell.init(undefined, { timeoutMs: INIT_MS });
    return new StepLoop(cell, context);
  },
});

/** One cell at work. */
class StepLoop implements Driven {
  readonly #cell: PulpCell;
  readonly #context: DriverContext;
  readonly #warner: Warner;
  /** Fires when no new step begins. */
  readonly #stopping = new AbortController();
  /** Fires when a step under way has no more time. */
  readonly #cut = new AbortController();
  readonly #ended: Promise<void>;
  #state: Driven["state"] = "running";
  #stopped: Promise<void> | undefined;

  constructor(cell: PulpCell, context: DriverContext) {
    this.#cell = cell;
    this.#context = context;
    this.#warner = new Warner((message) => context.log("warn", message));
    this.#ended = this.#run().catch((error) => this.#end("failed", textOf(error)));
  }

  get state(): Driven["state"] {
    return this.#state;
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { inbox } = this.#context;
    let idleMs = IDLE_MS;
    const stretch = new Stretch();
    while (!signal.aborted) {
      const event = inbox.take();
      // A new instance registers at once what the lost one had: whoever hears of the loss finds it again.
      if (await this.#step(event) === "lost" && this.#state === "running") await this.#step();
      if (event?.kind === "http.request") inbox.settle(event.id);
      if (this.#state !== "running") return;
      if (event === undefined) {
        await inbox.wait(signal, { ms: idleMs });
        idleMs = Math.min(idleMs * IDLE_GROWTH, IDLE_LIMIT_MS);
        stretch.restart();
      } else {
        idleMs = IDLE_MS;
        await stretch.yield();
      }
    }
  }

  /** One step; `lost` when the instance was. */
  async #step(event?: ServingEvent): Promise<"lost" | undefined> {
    // Its client may have left while it waited.
    if (event?.kind === "http.request" && event.signal.aborted) return undefined;
    try {
      const signal = this.#cut.signal;
      const handle = await this.#cell.step(event && pulpEvent(event), { signal });
      if (handle < 0) this.#context.log("debug", `a step returned ${handle}`);
      return undefined;
    } catch (error) {
      return this.#cut.signal.aborted ? undefined : this.#fail(error);
    }
  }

  /** Writes a failed step down; the loop goes on where there is an instance to go on with. */
  #fail(error: unknown): "lost" | undefined {
    const { extension, inbox, log } = this.#context;
    const { code, exitStatus, message } = error instanceof ExtensionError
      ? error
      : { code: "", exitStatus: undefined, message: textOf(error) };
    const { restart = "on_crash" } = extension.manifest.pulp ?? {};
    if (exitStatus === 0 && restart !== "always") return this.#end("stopped", "it ended itself");
    if (code === "closed") return this.#end("failed", message);
    this.#warner.warn(`a step failed: ${message}`);
    if (HARMLESS.has(code)) return undefined;
    if (restart === "never") {
      return this.#end("failed", "it broke, and its manifest says that it never starts again");
    }
    log("info", "starts again");
    // What the lost instance registered is gone; the next one registers anew as it is initialised.
    inbox.forget();
    return "lost";
  }

  #end(state: "failed" | "stopped", why: string): undefined {
    const { inbox, log } = this.#context;
    this.#state = state;
    log(state === "failed" ? "error" : "info", `is no longer stepped: ${why}`);
    inbox.forget();
    this.#refuseRest();
  }

  /** Nobody will answer what still waits. */
  #refuseRest(): void {
    const { inbox } = this.#context;
    for (let event = inbox.take(); event !== undefined; event = inbox.take()) {
      if (event.kind === "http.request") inbox.fail(event.id, 503, "plugin stopped");
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(
      () => this.#cut.abort(new DOMException("stopped", "AbortError")),
      STOP_MS,
    );
    try {
      await this.#ended;
    } finally {
      clearTimeout(timer);
    }
    if (this.#state === "running") {
      this.#state = "stopped";
      await this.#shutDown();
    }
    this.#refuseRest();
    this.#warner.close();
  }

  async #shutDown(): Promise<void> {
    const { log } = this.#context;
    const options = { timeoutMs: STOP_MS };
    try {
      const { lastCall, configMarker } = await this.#cell.probes(options);
      log("debug", `ends: last call ${lastCall ?? "unknown"}, marker ${configMarker ?? "unknown"}`);
      await this.#cell.shutdown(options);
    } catch (error) {
      log("warn", `did not shut down as it should: ${textOf(error)}`);
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
