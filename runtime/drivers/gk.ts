/** Drives GoatKit plugins: serves the routes of their registration and runs their jobs. @module */

import { CapabilityError, OperationError } from "../../capabilities/errors.ts";
import type { HttpAnswer } from "../../capabilities/serving.ts";
import { withDeadline } from "../deadline.ts";
import { ExtensionError } from "../errors.ts";
import type { GkRegistration, GkRoute } from "../wasm/abi/gk_json.ts";
import type { Driven, Driver, DriverContext, HttpRequestEvent } from "./driver.ts";
import { GoatJobs } from "./gk_jobs.ts";
import { errorAnswer, routeAnswer, routeArguments } from "./gk_request.ts";
import { settledWithin, Slots } from "./slots.ts";
import { Stretch } from "./stretch.ts";
import { Warner } from "./warner.ts";

/**
 * Requests in hand, waiting for the plugin's only instance: more wait in its queue, and what that does not
 * hold is refused.
 */
const IN_HAND = 1_024;
/** Milliseconds that what is under way has when it is told to stop. */
const STOP_MS = 5_000;

/** Plugins are driven for their jobs, too, so also where nothing of theirs is served. */
export const gkDriver: Driver = Object.freeze<Driver>({
  name: "gk",
  always: true,
  async start(context) {
    const registration = await context.extension.as("gk").registration();
    return new GkDriven(context, registration);
  },
});

class GkDriven implements Driven {
  readonly #context: DriverContext;
  readonly #stop = new AbortController();
  readonly #warner: Warner;
  readonly #loop: Promise<void>;
  #registration: GkRegistration;
  /** In the order in which they were registered; a request names its place. */
  #routes: readonly GkRoute[] = [];
  #jobs: GoatJobs;
  #restarts: number;
  #state: Driven["state"] = "running";
  readonly #inHand = new Slots(IN_HAND);
  /** Settles when the last call of a route is over: a plugin takes one at a time. */
  #last: Promise<void> = Promise.resolve();
  readonly #stretch = new Stretch();
  #stopping: Promise<void> | undefined;

  constructor(context: DriverContext, registration: GkRegistration) {
    this.#context = context;
    this.#registration = registration;
    this.#restarts = context.extension.stats().restarts;
    this.#warner = new Warner((message) => context.log("warn", message));
    this.#register();
    this.#jobs = this.#startJobs();
    const end = () => this.#stop.abort();
    context.signal.addEventListener("abort", end, { once: true });
    if (context.signal.aborted) end();
    this.#loop = this.#take().catch((error) => {
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
    await Promise.all([this.#jobs.stop(), settledWithin(STOP_MS, [this.#loop, this.#last])]);
    this.#warner.close();
    if (this.#state === "running") this.#state = "stopped";
  }

  /** One that is not granted, or cannot be, is left out, and said. */
  #register(): void {
    const { host, log } = this.#context;
    const { routes } = this.#registration;
    this.#routes = routes;
    for (const [at, { method, path }] of routes.entries()) {
      try {
        host.callSync("http.serve.register", { method, path, handler: `${at}` });
      } catch (error) {
        if (!(error instanceof CapabilityError || error instanceof OperationError)) throw error;
        log("warn", `${method} ${path} is not served: ${error.message}`);
        // what no route of it was granted is said once
        if (error instanceof CapabilityError && !servesHttp(this.#context)) return;
      }
    }
  }

  #startJobs(): GoatJobs {
    const { extension, log } = this.#context;
    return new GoatJobs(extension, this.#registration, { log });
  }

  async #take(): Promise<void> {
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
    }
  }

  /** Never rejects. Who may ask is found out for many at a time; what they ask for is done in turn. */
  async #answer(event: HttpRequestEvent): Promise<void> {
    const route = this.#routes[Number(event.handler)];
    try {
      if (route === undefined || !await this.#mayPass(route, event)) {
        this.#respond(event, errorAnswer(403, "refused"));
        return;
      }
      const args = routeArguments(event);
      const turn = this.#last.then(() => this.#call(route, args, event));
      this.#last = turn.catch(() => {});
      await turn;
    } catch (error) {
      const isRequest = error instanceof SyntaxError;
      if (!isRequest) this.#warner.warn(`${event.method} ${event.path}: ${textOf(error)}`);
      // It broke too often, or was closed by somebody else: nothing but a load makes it work again.
      if (error instanceof ExtensionError && error.code === "closed") this.#state = "failed";
      this.#respond(event, errorAnswer(isRequest ? 400 : 500, textOf(error)));
    } finally {
      this.#context.inbox.settle(event.id);
    }
  }

  async #call(route: GkRoute, args: string, event: HttpRequestEvent): Promise<void> {
    const { extension } = this.#context;
    if (event.signal.aborted) return;
    await this.#stretch.yield();
    try {
      // A client that leaves does not stop the call: the plugin would lose its instance.
      this.#respond(event, routeAnswer(await extension.invoke(route.handler, args)));
    } finally {
      await this.#renew();
    }
  }

  /** Answers a request, unless nobody waits for it any more. */
  #respond({ id, signal }: HttpRequestEvent, answer: HttpAnswer): void {
    if (!signal.aborted) this.#context.inbox.respond(id, answer);
  }

  /** Whether the embedder lets a request through everything that its route names. */
  async #mayPass({ middleware }: GkRoute, event: HttpRequestEvent): Promise<boolean> {
    const { settings, extension, log } = this.#context;
    for (const name of middleware) {
      try {
        const passes = Promise.resolve(settings.middleware?.(name, event, extension.name));
        const limit = { deadline: Infinity, signal: event.signal };
        if (await withDeadline(passes, limit) !== true) return false;
      } catch (error) {
        log("error", `${event.method} ${event.path}: its check ${name} failed: ${textOf(error)}`);
        return false;
      }
    }
    return true;
  }

  /** A new instance registers anew: what it says now counts. */
  async #renew(): Promise<void> {
    const { extension, inbox, log } = this.#context;
    const { restarts } = extension.stats();
    if (restarts === this.#restarts || this.#stop.signal.aborted) return;
    this.#restarts = restarts;
    try {
      const registration = await extension.as("gk").registration();
      if (JSON.stringify(registration) === JSON.stringify(this.#registration)) return;
      this.#registration = registration;
      inbox.forget();
      this.#register();
      const jobs = this.#jobs;
      this.#jobs = this.#startJobs();
      await jobs.stop();
    } catch (error) {
      log("error", `cannot be registered anew: ${textOf(error)}`);
    }
  }
}

function servesHttp({ extension }: DriverContext): boolean {
  return extension.grants.has("http.serve");
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
