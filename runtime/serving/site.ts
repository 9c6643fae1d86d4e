/** The one site of a host: takes requests, finds the extension they are for, and keeps every extension driven. @module */

import type { LogLevel } from "../../capabilities/log_sink.ts";
import type { ServingKind } from "../../capabilities/serving.ts";
import { type Listener, upgrade } from "../../capabilities/powers/listener.ts";
import type { Driven, DriverSettings } from "../drivers/driver.ts";
import { driverOf, type DriverTable } from "../drivers/drivers.ts";
import type { HostCalls } from "../contract.ts";
import type { Extension } from "../extension.ts";
import { Fault } from "../errors.ts";
import { type ServingLimits, servingLimits } from "./limits.ts";
import { plainReply, type Reply, responseOf } from "./reply.ts";
import { type Match, Router } from "./router.ts";
import { bodyOf, headersOf, HeldBytes, type Target, targetOf } from "./target.ts";
import { Tenant, type TenantCounts } from "./tenant.ts";

/** What an embedder says about serving. */
export interface ServingOptions extends DriverSettings {
  /** Limits; each that is absent has a default. */
  readonly limits?: Partial<ServingLimits>;
  /** Drivers by guest convention, beside the built-in ones and before them. */
  readonly drivers?: DriverTable;
}

/** What a site is made with. */
export interface SiteParts {
  readonly options: ServingOptions;
  readonly drivers: DriverTable;
  readonly log: (extension: string, level: LogLevel, message: string) => void;
}

/** One extension, as a status shows it. */
export interface ServedExtension extends TenantCounts {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** What drives it; empty where nothing does. */
  readonly driver: string;
  /** `idle`: nothing is to be driven, or serving has not begun. */
  readonly state: "idle" | "starting" | Driven["state"];
  /** Why it failed; empty where it did not. */
  readonly error: string;
  /** What it registered: `GET /notes/:id`, `WS /chat`, `SSE /news`. */
  readonly routes: readonly string[];
}

interface Member {
  readonly tenant: Tenant;
  readonly host: HostCalls;
  readonly extension: Extension;
  /** Ends what drives it; there is none before. */
  stop: AbortController | undefined;
  driver: string;
  state: "idle" | "starting" | "failed";
  error: string;
  starting: Promise<void> | undefined;
  driven: Driven | undefined;
}

/** Milliseconds a driver has to start: an extension's own limits are shorter. */
const START_MS = 60_000;

/** Everything that is served, whoever listens. */
export class Site {
  readonly limits: ServingLimits;
  readonly #parts: SiteParts;
  readonly #router = new Router<Tenant>();
  readonly #members = new Map<Extension, Member>();
  /** Extensions that are on their way out: whoever ends the site waits for them. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #held: HeldBytes;
  readonly #ended = Promise.withResolvers<void>();
  #listener: Listener | undefined;
  #begun: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.limits = servingLimits(parts.options.limits);
    this.#held = new HeldBytes(this.limits.heldBytes);
  }

  /**
   * Looks whether a listener can be opened.
   *
   * @throws {Fault} `closed` or `duplicate`.
   */
  checkFree(): void {
    if (this.#closing) throw new Fault("closed", "serving has ended");
    if (this.#listener) throw new Fault("duplicate", "this host serves already");
  }

  /** Settles when serving has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The listener whose requests come here: it ends with the site. */
  attach(listener: Listener): void {
    this.#listener = listener;
  }

  /** The place of an extension that is being loaded. */
  tenant(name: string): Tenant {
    return new Tenant({
      name,
      router: this.#router,
      limits: this.limits,
      held: this.#held,
      log: (level, message) => this.#parts.log(name, level, message),
    });
  }

  /** Tells whose place it is, and its door; nothing is driven yet. */
  join(extension: Extension, tenant: Tenant, host: HostCalls): void {
    const member: Member = {
      tenant,
      host,
      extension,
      stop: undefined,
      driver: "",
      state: "idle",
      error: "",
      starting: undefined,
      driven: undefined,
    };
    tenant.hasFailed = () => (member.driven?.state ?? member.state) === "failed";
    this.#members.set(extension, member);
  }

  /** Drives an extension that came after serving began. */
  async enter(extension: Extension): Promise<void> {
    const member = this.#members.get(extension);
    if (member && this.#begun && !this.#closing) await this.#drive(member);
  }

  /** Takes no more requests for an extension, lets it answer what waits, and stops driving it. */
  leave(extension: Extension): Promise<void> {
    const member = this.#members.get(extension);
    if (!member) return Promise.resolve();
    this.#members.delete(extension);
    const leaving = this.#leave(member).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }

  async #leave(member: Member): Promise<void> {
    member.tenant.retire();
    await this.#settle(member);
    await this.#halt(member);
  }

  /** Drives every extension; those that fail are written down, and the others go on. Idempotent. */
  begin(): Promise<void> {
    if (this.#closing) throw new Fault("closed", "serving has ended");
    return this.#begun ??= this.#begin();
  }

  async #begin(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => this.#drive(member)));
  }

  /** What each extension does now, in load order. */
  status(): readonly ServedExtension[] {
    return [...this.#members.values()].map((
      { extension, tenant, driver, state, error, driven },
    ) => ({
      name: extension.name,
      version: extension.version,
      driver,
      state: driven?.state ?? state,
      error,
      routes: this.#router.of(tenant).map(({ kind, method, path }) =>
        `${kind === "http" ? method : kind.toUpperCase()} ${path}`
      ),
      ...tenant.counts(),
    }));
  }

  /** Answers one request; it never rejects, and always ends. */
  async handle(request: Request): Promise<Response> {
    try {
      return await this.#handle(request);
    } catch (error) {
      this.#parts.log("host", "error", `a request failed: ${textOf(error)}`);
      return responseOf(plainReply(500, "host failure"), request.method);
    }
  }

  async #handle(request: Request): Promise<Response> {
    const { method } = request;
    const reply = (status: number, text: string) => responseOf(plainReply(status, text), method);
    if (this.#closing) return reply(503, "shutting down");
    await this.begin();
    const target = targetOf(request.url, this.limits.headChars);
    if ("status" in target) return responseOf(target, method);
    const { segments } = target;
    const socket = this.#router.find("ws", "", segments);
    if (socket) return this.#upgrade(request, target, socket);
    const stream = method === "GET" ? this.#router.find("sse", "", segments) : undefined;
    if (stream) {
      const { owner, path } = stream.registration;
      return owner.streams.subscribe(path) ?? reply(503, "too many subscribers");
    }
    const route = this.#router.find("http", method, segments) ??
      (method === "HEAD" ? this.#router.find("http", "GET", segments) : undefined);
    if (route) return responseOf(await this.#ask(request, target, route), method);
    const allowed = method === "OPTIONS" ? this.#router.methods(segments) : [];
    if (allowed.length > 0) {
      return new Response(null, { status: 204, headers: { allow: allowed.join(", ") } });
    }
    return reply(404, "not found");
  }

  async #ask(request: Request, target: Target, match: Match<Tenant>): Promise<Reply> {
    const { owner, handler } = match.registration;
    const headers = headersOf(request.headers, this.limits.headChars);
    if ("status" in headers) return headers;
    owner.requests++;
    if (owner.hasFailed()) return plainReply(503, "plugin failed");
    const body = await bodyOf(request, this.limits, owner.held);
    if ("status" in body) return body;
    try {
      const { path, query } = target;
      const { method } = request;
      const asked = { method, path, params: match.params, query, headers, body, handler };
      const reply = await owner.inbox.ask(asked, () => request.signal);
      if (reply.ours) owner.failed++;
      return reply;
    } finally {
      owner.held.give(body.length);
    }
  }

  #upgrade(request: Request, { path, query }: Target, match: Match<Tenant>): Response {
    const { owner, handler } = match.registration;
    const refuse = (status: number, text: string) =>
      responseOf(plainReply(status, text), request.method);
    const headers = headersOf(request.headers, this.limits.headChars);
    if ("status" in headers) return responseOf(headers, request.method);
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      const response = refuse(426, "upgrade required");
      response.headers.set("upgrade", "websocket");
      return response;
    }
    if (owner.hasFailed()) return refuse(503, "plugin failed");
    if (!owner.sockets.hasRoom) return refuse(503, "too many connections");
    let upgraded: ReturnType<typeof upgrade>;
    try {
      upgraded = upgrade(request);
    } catch (error) {
      if (error instanceof TypeError) return refuse(400, "bad upgrade");
      throw error;
    }
    owner.sockets.accept(upgraded.socket, { path, params: match.params, query, headers, handler });
    return upgraded.response;
  }

  /** Stops driving, and ends every connection; what is under way has a few seconds. Idempotent. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    try {
      await Promise.all([...this.#members.values()].map(async (member) => {
        await this.#settle(member);
        await this.#halt(member);
        for (const kind of KINDS) member.tenant.shut(kind);
      }));
      await Promise.all(this.#leaving);
    } finally {
      await this.#listener?.close(this.limits.shutdownMs);
      this.#ended.resolve();
    }
  }

  #drive(member: Member): Promise<void> {
    return member.starting ??= this.#start(member);
  }

  async #start(member: Member): Promise<void> {
    const { extension, tenant, host } = member;
    const driver = driverOf({ ...this.#parts.drivers, ...this.#parts.options.drivers }, extension);
    if (!tenant.mayServe && !driver.always) return;
    const stop = new AbortController();
    member.stop = stop;
    member.driver = driver.name;
    member.state = "starting";
    try {
      const starting = driver.start({
        extension,
        inbox: tenant.inbox,
        host,
        log: tenant.log,
        settings: this.#parts.options,
        signal: stop.signal,
      });
      const driven = await within(starting, START_MS, (late) => void late.stop());
      member.driven = driven;
      if (stop.signal.aborted) await driven.stop();
    } catch (error) {
      member.state = "failed";
      member.error = textOf(error);
      tenant.log("error", `cannot be served: ${member.error}`);
      // It may have registered before it failed: nobody will answer there, nor who asked already.
      tenant.inbox.forget();
      tenant.inbox.end("http", plainReply(503, "plugin failed"));
    }
  }

  /** Waits until what was taken or waits is answered, or there is no more time. */
  async #settle({ tenant, driven }: Member): Promise<void> {
    const end = performance.now() + this.limits.shutdownMs;
    while (tenant.inbox.open > 0 && driven?.state === "running" && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  }

  async #halt(member: Member): Promise<void> {
    member.stop?.abort(new Fault("closed", "serving has ended"));
    const { driven } = member;
    if (!driven) return;
    try {
      await within(driven.stop(), this.limits.shutdownMs * 2, () => {});
    } catch (error) {
      member.tenant.log("warn", `did not stop as it should: ${textOf(error)}`);
    }
  }
}

const KINDS: readonly ServingKind[] = ["http", "ws", "sse"];
/** How often what is under way is looked at. */
const SETTLE_MS = 5;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Waits at most `ms`; what comes later goes to `late`. */
async function within<T>(promise: Promise<T>, ms: number, late: (value: T) => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          over = true;
          reject(new Fault("timeout", `not within ${ms} ms`));
        }, ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (over) promise.then(late, () => {});
  }
}
