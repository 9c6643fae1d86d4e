/** Loads extensions, knows them by name, and closes them. @module */

import { basename, fromFileUrl, join } from "@std/path";
import { CapabilityRegistry } from "../capabilities/catalog.ts";
import { checkAsks } from "../capabilities/grant.ts";
import { type LogLevel, type LogSink, standardErrorLog } from "../capabilities/log_sink.ts";
import { powers } from "../capabilities/powers.ts";
import { formatIssue } from "../manifest/errors.ts";
import { builtInRuntimes } from "./builtin.ts";
import { Decisions } from "./decisions.ts";
import { Fault } from "./errors.ts";
import { identityOf } from "./identity.ts";
import type { Extension } from "./extension.ts";
import { duplicate, type Entry, type Origin } from "./host_entry.ts";
import { fingerprint } from "./fingerprint.ts";
import { type ExtensionDescription, inspectExtension } from "./inspect.ts";
import { checkLimits } from "./limits.ts";
import { loadPackage } from "./load.ts";
import type { LoadedDirectory, LoadFailure } from "./loaded_directory.ts";
import { labelOf, type LoadTarget, locate, type Package } from "./locate.ts";
import { NativeRegistry } from "./native/registry.ts";
import type { HostOptions, InspectOptions, LoadOptions } from "./options.ts";
import { inParallel, oneAtATime, PARALLEL_LOOKS } from "./parallel.ts";
import { RuntimeRegistry } from "./registry.ts";
import { DRIVERS } from "./drivers/drivers.ts";
import { type Served, type ServeOptions, serveSite } from "./serving/serve.ts";
import { Site } from "./serving/site.ts";
import { hasVanished, subdirectories, type Subdirectory } from "./subdirectories.ts";
import { translate } from "./translate.ts";

/** Loads in flight at a time: each may start a process. */
const PARALLEL_LOADS = 4;

/** Milliseconds that calls in flight have to finish when an extension is replaced. */
const DRAIN_MS = 5_000;

/**
 * Loads extensions of every kind and runs them with exactly the powers that were granted.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const ext = await host.load({ name: "greet.js", bytes: "function hi(who) { return `Hi ${who}` }" }, {
 *   runtime: "quickjs",
 * });
 * assertEquals(await ext.call("hi", "Ada"), "Hi Ada");
 * ```
 */
export class ExtensionHost implements AsyncDisposable {
  readonly #options: HostOptions;
  readonly #log: LogSink;
  readonly #runtimes: RuntimeRegistry = new RuntimeRegistry();
  readonly #capabilities: CapabilityRegistry;
  readonly #decisions: Decisions;
  /** Every loaded extension, in load order. A name is here from the moment its load begins. */
  readonly #entries = new Map<string, Entry | "loading">();
  readonly #site: Site;
  #failures: readonly LoadFailure[] = [];
  /** For `loadDir` and `reload`: two at a time would swap the same extension, and lose one. */
  readonly #inTurn = oneAtATime();
  /** Loads under way; closing stops them and waits for them. */
  readonly #loading = new Set<Promise<unknown>>();
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /**
   * Makes a host; nothing is loaded and nothing started yet.
   *
   * @throws {RangeError} for a limit that is not a positive number or `null`.
   */
  constructor(options: HostOptions = {}) {
    checkLimits(options.limits ?? {});
    this.#options = options;
    this.#log = options.log ?? standardErrorLog();
    this.#capabilities = options.capabilities ?? new CapabilityRegistry();
    this.#decisions = new Decisions(options);
    const log = this.#tell.bind(this);
    this.#site = new Site({ options: options.serving ?? {}, drivers: DRIVERS, log });
    const native = options.native ?? new NativeRegistry();
    for (const runtime of builtInRuntimes({ ...options, native })) this.#runtimes.register(runtime);
    for (const runtime of options.runtimes ?? []) this.#runtimes.register(runtime);
  }

  /** The engines, the last registered first. */
  get runtimes(): RuntimeRegistry {
    return this.#runtimes;
  }

  /** What extensions may ask for. */
  get capabilities(): CapabilityRegistry {
    return this.#capabilities;
  }

  /** What the last `loadDir` could not load. */
  get failures(): readonly LoadFailure[] {
    return this.#failures;
  }

  /** The loaded extension of that name. */
  get(name: string): Extension | undefined {
    const entry = this.#entries.get(name);
    return entry === "loading" ? undefined : entry?.extension;
  }

  /** The loaded extensions, in load order. */
  extensions(): readonly Extension[] {
    return this.#loaded().map(({ extension }) => extension);
  }

  /**
   * Loads one extension: a directory, a manifest file, a `.wasm`, `.js` or `.ts` file, a URL of
   * one, a `Response`, a `WebAssembly.Module`, or bytes or files in memory.
   *
   * @throws {ManifestError} `no-manifest` or `bad-manifest`.
   * @throws {CapabilityError} `denied` or `missing-capability`.
   * @throws {ExtensionError} `duplicate`, `unknown-runtime`, `unsupported`, `unavailable`,
   * `integrity`, `closed`, or what its start functions did.
   */
  async load(target: LoadTarget, options: LoadOptions = {}): Promise<Extension> {
    options.signal?.throwIfAborted();
    try {
      const found = await locate(target, options);
      return await this.#add(found, { target, options, directoryKey: undefined, mark: "" }, false);
    } catch (error) {
      throw translate(error, labelOf(target));
    }
  }

  /**
   * Describes what `load` would load by its files alone, with every issue of them; nothing of it
   * runs, and the host does not change.
   *
   * @throws {ManifestError} `no-manifest`.
   * @throws {ExtensionError} `integrity` when the module is not the expected one; `unsupported` for
   * something that is no extension.
   * @throws {TypeError} for grants that make no sense.
   *
   * @example
   * ```ts
   * import { ExtensionHost } from "@airlock/host";
   * import { assertEquals } from "@std/assert";
   *
   * await using host = new ExtensionHost();
   * const { issues, isolation } = await host.inspect({
   *   manifest: { name: "greet", runtime: "quickjs", module: "greet.js", capabilities: ["evn"] },
   *   files: { "greet.js": "function hi(who) { return `Hi ${who}` }" },
   * });
   * assertEquals(isolation, "inline");
   * assertEquals(issues.map(({ path, suggestion }) => [path, suggestion]), [["capabilities[0]", "env"]]);
   * ```
   */
  async inspect(target: LoadTarget, options: InspectOptions = {}): Promise<ExtensionDescription> {
    options.signal?.throwIfAborted();
    try {
      return await inspectExtension(target, {
        host: this.#options,
        options,
        runtimes: this.#runtimes,
        capabilities: this.#capabilities,
      });
    } catch (error) {
      throw translate(error, labelOf(target));
    }
  }

  /**
   * Loads every subdirectory of `root` that has a manifest, in the order of their names.
   * One that fails never stops the others: it is logged and among the `failures`. A missing
   * directory is an empty one. A second call reuses what did not change, swaps what did, and
   * closes what is gone.
   */
  loadDir(root: string | URL, options: LoadOptions = {}): Promise<LoadedDirectory> {
    return this.#inTurn(() => this.#loadDir(root, options));
  }

  async #loadDir(root: string | URL, options: LoadOptions): Promise<LoadedDirectory> {
    options.signal?.throwIfAborted();
    const directory = typeof root === "string" ? root : fromFileUrl(root);
    if (this.#closing) throw translate(new Fault("closed", "the host is closed"), directory);
    const failures: LoadFailure[] = [];
    const seen = new Set<string>();
    const loads: (() => Extension | Promise<Extension | undefined>)[] = [];
    const content = await subdirectories(directory);
    await this.#dropVanished(directory, content);
    const marks = content.map(({ path }) => () => this.#mark(path, options));
    const marked = await inParallel(marks, PARALLEL_LOOKS);
    for (const [at, { name: key, path, found }] of content.entries()) {
      const name = found.ok ? found.pkg.manifest.name : undefined;
      const fail = (error: unknown) => {
        const failure = { source: path, name, error: translate(error, path) };
        failures.push(failure);
        this.#report(failure);
        return undefined;
      };
      if (!found.ok) fail(found.error);
      else if (seen.has(found.pkg.manifest.name)) fail(duplicate(found.pkg.manifest.name));
      else {
        seen.add(found.pkg.manifest.name);
        const mark = marked[at] ?? "";
        const origin = { target: path, options, directoryKey: `${key}/`, mark };
        const reused = this.#reusable(found.pkg.manifest.name, path, mark);
        loads.push(() => reused ?? this.#add(found.pkg, origin, true).catch(fail));
      }
    }
    const extensions = await inParallel(loads, PARALLEL_LOADS);
    failures.sort((a, b) => a.source < b.source ? -1 : a.source > b.source ? 1 : 0);
    this.#failures = Object.freeze(failures);
    const loaded = extensions.flatMap((one) => one ? [[one.name, one] as const] : []);
    return Object.assign(new Map(loaded), { failures: this.#failures });
  }

  /**
   * Loads an extension again from where it came, and swaps it in: the old one finishes its calls
   * and is closed. When the new one cannot be loaded the old one stays.
   *
   * @throws {ExtensionError} `unsupported` when there is no such extension, or its source can be
   * read only once, or now has another name; and as `load`.
   */
  reload(name: string): Promise<Extension> {
    return this.#inTurn(() => this.#reload(name));
  }

  async #reload(name: string): Promise<Extension> {
    const entry = this.#entries.get(name);
    try {
      if (!entry || entry === "loading") {
        throw new Fault("unsupported", "no extension of that name is loaded");
      }
      if (entry.target instanceof Response) {
        throw new Fault("unsupported", "a response can be read only once");
      }
      const found = await locate(entry.target, entry.options);
      if (found.manifest.name !== name) {
        throw new Fault("unsupported", `its source is named "${found.manifest.name}" now`);
      }
      return await this.#add(found, entry, true);
    } catch (error) {
      throw translate(error, name);
    }
  }

  /**
   * Serves the routes, connections and streams of the extensions at one address, those that are
   * loaded later too.
   *
   * @throws {ExtensionError} `unavailable` when this process may not listen there or somebody else does,
   * `duplicate` when it serves already, `closed`, `unsupported` for a certificate that cannot be used.
   */
  serve(options: ServeOptions = {}): Promise<Served> {
    return serveSite(this.#site, options);
  }

  /** Answers one request as `serve` would, for programs with a server of their own; it never rejects. */
  handle(request: Request): Promise<Response> {
    return this.#site.handle(request);
  }

  /**
   * Closes every extension, the last loaded first, then the engines. Idempotent.
   *
   * @throws the first failure, after everything else was closed too.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Closes the host. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed.abort(new Fault("closed", "the host was closed meanwhile"));
    await Promise.allSettled(this.#loading);
    const closers = [
      () => this.#site.close(),
      ...this.#loaded().reverse().map(({ extension }) => () => extension.close()),
      ...this.#runtimes.list().map((runtime) => () => runtime.close()),
    ];
    let first: { readonly error: unknown } | undefined;
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        first ??= { error: translate(error, "unknown") };
      }
    }
    this.#entries.clear();
    if (first) throw first.error;
  }

  #loaded(): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry !== "loading");
  }

  #add(pkg: Package, origin: Origin, swaps: boolean): Promise<Extension> {
    const adding = this.#swapIn(pkg, origin, swaps).finally(() => this.#loading.delete(adding));
    this.#loading.add(adding);
    return adding;
  }

  /** Loads `pkg` under its name. An entry there is in the way, but for one that it `swaps`: its own. */
  async #swapIn(pkg: Package, origin: Origin, swaps: boolean): Promise<Extension> {
    if (this.#closing) throw new Fault("closed", "the host is closed");
    const { name } = pkg.manifest;
    const existing = this.#entries.get(name);
    if (existing && (existing === "loading" || !swaps || existing.target !== origin.target)) {
      throw duplicate(name);
    }
    const closed = this.#closed.signal;
    const { signal } = origin.options;
    this.#warn(pkg);
    if (!existing) this.#entries.set(name, "loading");
    let entry: Entry | undefined;
    try {
      const extension = await loadPackage(pkg, {
        host: this.#options,
        options: { ...origin.options, signal: signal ? AbortSignal.any([closed, signal]) : closed },
        directoryKey: origin.directoryKey,
        runtimes: this.#runtimes,
        capabilities: this.#capabilities,
        decisions: this.#decisions,
        peer: (name) => this.#entries.get(name) === "loading" ? "disabled" : this.get(name),
        log: this.#log,
        site: this.#site,
        onClose: () => {
          if (entry && this.#entries.get(name) === entry) this.#entries.delete(name);
        },
      });
      // The old one may have been closed meanwhile, and its name be somebody else's.
      const current = this.#entries.get(name);
      if (closed.aborted || (current && current !== (existing ?? "loading"))) {
        await extension.close();
        throw closed.reason ?? duplicate(name);
      }
      entry = { ...origin, extension };
      this.#entries.set(name, entry);
    } finally {
      if (!entry && !existing) this.#entries.delete(name);
    }
    await this.#site.enter(entry.extension);
    if (existing) await this.#drop(existing.extension);
    return entry.extension;
  }

  /** Ends what was replaced or is gone; a failure of that is no failure of its successor. */
  async #drop(extension: Extension): Promise<void> {
    try {
      await this.#site.leave(extension);
      await extension.drain(DRAIN_MS);
    } catch (error) {
      this.#report({ source: extension.name, name: extension.name, error });
    }
  }

  #warn({ label, manifest, warnings }: Package): void {
    const issues = [...warnings, ...checkAsks(manifest.capabilities ?? [], this.#capabilities)];
    for (const issue of issues.filter(({ severity }) => severity === "warning")) {
      this.#tell(manifest.name, "warn", `${label}: ${formatIssue(issue)}`);
    }
  }

  #report({ source, name, error }: LoadFailure): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#tell(name ?? basename(source), "error", message);
  }

  #tell(extension: string, level: LogLevel, message: string): void {
    this.#log({ time: powers.now(), level, extension, message });
  }

  /** Equal as long as reloading would give the same extension; empty when it cannot be told. */
  async #mark(path: string, options: LoadOptions): Promise<string> {
    const files = await fingerprint(path);
    if (files === undefined) return "";
    const registries = [this.#runtimes.version, this.#capabilities.version];
    return identityOf([files, { ...options, signal: undefined }, registries]);
  }

  #reusable(name: string, path: string, mark: string): Extension | undefined {
    const entry = this.#entries.get(name);
    if (!entry || entry === "loading" || mark === "") return undefined;
    return entry.target === path && entry.mark === mark ? entry.extension : undefined;
  }

  /** Closes extensions of `directory` that it has no more. */
  async #dropVanished(directory: string, content: readonly Subdirectory[]): Promise<void> {
    const vanished = this.#loaded().filter(({ target, directoryKey, extension }) =>
      directoryKey !== undefined && typeof target === "string" &&
      target === join(directory, directoryKey.slice(0, -1)) &&
      hasVanished(target, extension.name, content)
    );
    await Promise.all(vanished.map(({ extension }) => this.#drop(extension)));
  }
}
