/** The realm's side of every crossing: the host enters here, and all results leave from here. @module */

import type { CommonJs } from "./commonjs.ts";
import type { Describe } from "./describe.ts";
import type { Collector, Encoding } from "./encoding.ts";
import type { Globals } from "./globals.ts";
import type { Kit } from "./kit.ts";
import type { Lookup } from "./lookup.ts";
import type { Replace } from "./replaced.ts";
import type { Surface, SurfaceHost } from "./surface.ts";
import type { TimerHost, Timers } from "./timers.ts";

/** What leaves the realm. Primitives only; it never throws. */
export type Post = (kind: string, id: number, other: number, head: string, body: string) => void;

/** What the realm asks and gets answered at once. Primitives only; it never throws. */
export type Ask = (what: string, head: string, body: string) => string;

/** What the host enters by; it never throws. `a` and `b` are text, or values of the realm. */
export type Enter = (kind: string, id: number, a: unknown, b: unknown) => void;

/** The parts of the prelude, handed to {@linkcode makeEntry} as they are inside the realm. */
export interface PreludeParts {
  readonly makeClone: (kit: Kit) => void;
  readonly makeCommonJs: (kit: Kit, ask: Ask) => CommonJs;
  readonly makeDecoder: (kit: Kit, collector: () => Collector) => void;
  readonly makeDescribe: (kit: Kit) => Describe;
  readonly makeEncoding: (kit: Kit) => Encoding;
  readonly makeGlobals: (kit: Kit, describe: Describe, surface: Surface, ask: Ask) => Globals;
  readonly makeLookup: (kit: Kit) => Lookup;
  readonly makeReplaced: (kit: Kit, ask: Ask) => Replace;
  readonly makeSurface: (kit: Kit, encoding: Encoding, host: SurfaceHost) => Surface;
  readonly makeTimers: (kit: Kit, host: TimerHost) => Timers;
  readonly makeUrl: (kit: Kit, ask: Ask) => void;
}

/** Self-contained: its text runs inside the realm. */
export function makeEntry(kit: Kit, parts: PreludeParts, send: Post, query: Ask): Enter {
  const { apply, stringify, table } = kit;
  // Operations that a realm may await at a time: each one is held by the host.
  const pendingLimit = 1000;

  // A host function that runs out of stack throws an error of the host's realm: it ends here.
  const post: Post = (kind, id, other, head, body) => {
    try {
      send(kind, id, other, head, body);
      return;
    } catch { /* the host's error must not be seen */ }
    throw new kit.RangeError("the stack is exhausted");
  };
  const ask: Ask = (what, head, body) => {
    let answer;
    try {
      answer = query(what, head, body);
    } catch { /* the host's error must not be seen */ }
    if (typeof answer !== "string") throw new kit.RangeError("the stack is exhausted");
    return answer;
  };

  /** The call whose code runs now; 0 outside of calls. */
  let current = 0;
  const describe = parts.makeDescribe(kit);
  const encoding = parts.makeEncoding(kit);
  parts.makeDecoder(kit, encoding.collector);
  parts.makeClone(kit);
  const replace = parts.makeReplaced(kit, ask);
  parts.makeUrl(kit, ask);
  const commonJs = parts.makeCommonJs(kit, ask);
  const lookup = parts.makeLookup(kit);
  const timers = parts.makeTimers(kit, {
    current: () => current,
    resume: (owner) => {
      current = owner;
    },
    start: (id, ms) => post("timer", id, ms, "", ""),
    stop: (id) => post("untimer", id, 0, "", ""),
  });

  interface Pending {
    readonly resolve: (value: unknown) => void;
    readonly reject: (error: unknown) => void;
    readonly owner: number;
  }
  const pending = table<Pending>();
  let pendingCount = 0;
  let lastOperation = 0;
  /** Which refused operation an error came from, so that the host can name it. */
  const refused = new WeakMap<object, number>();
  const { get: refusedGet, set: refusedSet } = WeakMap.prototype;
  const tooMany = '{"code":"quota","capability":"","message":"too many operations at a time"}';

  const surface = parts.makeSurface(kit, encoding, {
    call: (operation, args) =>
      new kit.promise((resolve, reject) => {
        if (pendingCount >= pendingLimit) return reject(surface.refusal(tooMany));
        const id = ++lastOperation;
        post("host", id, current, operation, args);
        pendingCount++;
        pending[id] = { resolve, reject, owner: current };
      }),
    ask: (operation, args) => ask("call", operation, args),
    refuses: (error, id) => void apply(refusedSet, refused, [error, id]),
  });
  const { log } = parts.makeGlobals(kit, describe, surface, ask);

  function reply(id: number, ok: unknown, body: string): void {
    const one = pending[id];
    if (!one) return;
    current = one.owner;
    delete pending[id];
    pendingCount--;
    if (ok === true) return one.resolve(surface.decode(body));
    const error = surface.refusal(body);
    apply(refusedSet, refused, [error, id]);
    one.reject(error);
  }

  function abort(call: number): void {
    timers.drop(call);
    const ids = kit.keysOf(pending);
    for (let i = 0; i < ids.length; i++) {
      const id = kit.numberOf(ids[i]);
      if (pending[id]?.owner !== call) continue;
      delete pending[id];
      pendingCount--;
    }
  }

  /** What an empty payload is, and whether nothing comes back as `null` or as empty text. */
  let nothing: null | undefined = null;

  function call(id: number, name: string, payload: string): void {
    let input: unknown = nothing;
    if (payload !== "") {
      try {
        input = kit.parse(payload);
      } catch (error) {
        return post("error", id, 0, "bad-payload", describe.thrown(error));
      }
    }
    const found = lookup.find(name);
    if (!found) return post("error", id, 0, "unknown-function", "");
    const value = apply(found.fn, found.self, [input]);
    const then = thenOf(value);
    if (then === undefined) return succeed(id, value);
    adopt(value, then, (settled) => succeed(id, settled), (reason) => fail(id, reason));
  }

  /** Calls `name` with each entry of a list; the results come back as one, or the first error does. */
  function each(id: number, name: string, payload: string): void {
    let inputs: unknown;
    try {
      inputs = kit.parse(payload);
    } catch (error) {
      return post("error", id, 0, "bad-payload", describe.thrown(error));
    }
    if (!kit.isArray(inputs)) return post("error", id, 0, "bad-payload", "");
    const found = lookup.find(name);
    if (!found) return post("error", id, 0, "unknown-function", "");
    // Entries of a parsed list are its own: setting them runs no setter of a polluted prototype.
    const results: unknown[] = inputs;
    // An own property, so that no `toJSON` of a polluted prototype is called.
    kit.put(results, "toJSON", undefined);
    const count = inputs.length;
    let left = count;
    let failed = false;
    const take = (i: number, value: unknown): void => {
      results[i] = value ?? null;
      if (--left === 0 && !failed) succeed(id, results);
    };
    for (let i = 0; i < count && !failed; i++) {
      const value = apply(found.fn, found.self, [results[i]]);
      const then = thenOf(value);
      if (then === undefined) take(i, value);
      else {
        adopt(value, then, (settled) => take(i, settled), (reason) => {
          if (failed) return;
          failed = true;
          fail(id, reason);
        });
      }
    }
    if (count === 0) succeed(id, results);
  }

  /** The `then` of what has one. Read once: it may be a getter. */
  function thenOf(value: unknown): unknown {
    if ((typeof value !== "object" || value === null) && typeof value !== "function") return;
    const { then } = value as { readonly then?: unknown };
    return typeof then === "function" ? then : undefined;
  }

  /** Waits for a thenable. */
  function adopt(
    value: unknown,
    then: unknown,
    onValue: (value: unknown) => void,
    onError: (reason: unknown) => void,
  ): void {
    const adopted = new kit.promise((resolve, reject) => {
      apply(then, value, [resolve, reject]);
    });
    kit.then(adopted, onValue, onError);
  }

  function succeed(id: number, value: unknown): void {
    let body;
    try {
      body = stringify(value);
    } catch (error) {
      return post("error", id, 0, "bad-guest-data", describe.thrown(error));
    }
    post("result", id, 0, "", body ?? (nothing === null ? "null" : ""));
  }

  function fail(id: number, error: unknown): void {
    const from = typeof error === "object" && error !== null
      ? apply(refusedGet, refused, [error]) as number | undefined
      : undefined;
    post("error", id, from ?? 0, "guest-error", describe.thrown(error));
  }

  function run(kind: string, id: number, a: unknown, b: unknown): void {
    switch (kind) {
      case "call":
        return call(id, a as string, b as string);
      case "each":
        return each(id, a as string, b as string);
      case "reply":
        return reply(id, a, b as string);
      case "timer":
        return timers.fire(id);
      case "abort":
        return abort(id);
      case "threw":
        return fail(id, a);
      case "rejected":
        return log("error", ["Uncaught (in promise)", describe.thrown(a)]);
      case "dialect":
        nothing = a === "undefined" ? undefined : null;
        if (kit.indexOf(kit.text(b), "clock") >= 0) replace.clock();
        if (kit.indexOf(kit.text(b), "random") >= 0) replace.random();
        return;
      case "surface":
        surface.build(a as string, b as string);
        return lookup.rememberGlobals();
      case "define":
        return commonJs.define(a as string, b);
      case "json":
        return commonJs.json(a as string, b as string);
      case "script":
        lookup.use("script", undefined);
        return post("ready", 0, 0, "", "");
      case "commonjs":
        lookup.use("commonjs", commonJs.load(a as string));
        return post("ready", 0, 0, "", "");
      case "namespace":
        lookup.use("module", a);
        return post("ready", 0, 0, "", "");
    }
  }

  return (kind, id, a, b) => {
    current = kind === "call" || kind === "each" ? id : 0;
    try {
      run(kind, id, a, b);
    } catch (error) {
      // A timer or an answer belongs to no call: what it throws is only told.
      if (kind === "timer" || kind === "reply") log("error", ["Uncaught", describe.thrown(error)]);
      else fail(id, error);
    }
  };
}
