/** ApiQube's registry: plugins by name and by the protocols that they execute tests for. @module */

import { ExtensionError, type ExtensionErrorCode, Fault } from "../errors.ts";
import { Extension } from "../extension.ts";
import type { LoadOptions } from "../options.ts";
import type { ApiqubeEventSchema, ApiqubeInfo } from "../wasm/abi/apiqube_json.ts";
import { pluginFiles } from "./protocol_directory.ts";
import type { ProtocolPlugin } from "./protocol_plugin.ts";

/** What loads the plugins of a directory: an `ExtensionHost`. */
export interface ProtocolHost {
  /** Loads one file. */
  load(path: string, options?: LoadOptions): Promise<Extension>;
}

/** Options of {@linkcode ProtocolRegistry.loadDir}. */
export interface ProtocolDirectoryOptions {
  /** Loads the plugins, and owns them together with the registry. */
  readonly host: ProtocolHost;
  /** Options of every load, or what gives those of one file by its name: grants above all. */
  readonly load?: LoadOptions | ((file: string) => LoadOptions);
}

/** One registered plugin. */
interface Entry {
  readonly plugin: ProtocolPlugin;
  readonly info: ApiqubeInfo;
}

/** What one host has loaded last. */
interface Home {
  current: { readonly mark: string; readonly registry: ProtocolRegistry } | undefined;
  /** Loads of one host do not overlap. */
  last: Promise<unknown>;
}

const homes = new WeakMap<ProtocolHost, Home>();

/**
 * Plugins for protocols: loaded ApiQube modules and objects of the host program, side by side.
 *
 * @example
 * ```ts
 * import { ProtocolRegistry } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using registry = new ProtocolRegistry();
 * await registry.register({
 *   info: () => ({ name: "echo", protocols: ["echo"] }),
 *   init() {},
 *   validate: () => [],
 *   execute: ({ target }) => ({ status: 200, body: target ?? "" }),
 *   close() {},
 * });
 * const output = await registry.lookup("echo")?.execute({ target: "hello" });
 * assertEquals(output?.body, "hello");
 * ```
 */
export class ProtocolRegistry implements AsyncDisposable {
  /** In the order of registration. */
  readonly #byName = new Map<string, Entry>();
  readonly #byProtocol = new Map<string, Entry>();
  #closing: Promise<void> | undefined;

  /**
   * Adds a plugin, which the registry closes from then on. A plugin that is refused stays its
   * owner's.
   *
   * @returns what it says of itself.
   * @throws {TypeError} for something that is no plugin, or has no name.
   * @throws {ExtensionError} `duplicate` when its name or one of its protocols is taken, `closed`,
   * `unsupported` for an extension of another guest convention, or what asking it failed with.
   */
  async register(plugin: ProtocolPlugin | Extension): Promise<ApiqubeInfo> {
    if (!isObject(plugin)) {
      throw new TypeError(
        `Cannot register a plugin as it must be an object: current value is ${plugin}`,
      );
    }
    const added: ProtocolPlugin = plugin instanceof Extension ? plugin.as("apiqube") : plugin;
    const info = completed(await added.info());
    const { name, protocols } = info;
    if (this.#closing) throw refusal("closed", "the registry is closed", name);
    if (this.#byName.has(name)) {
      throw refusal("duplicate", `a plugin named "${name}" is registered already`, name);
    }
    for (const protocol of protocols) {
      const other = this.#byProtocol.get(protocol);
      if (other) {
        const why = `protocol "${protocol}" is executed by plugin "${other.info.name}" already`;
        throw refusal("duplicate", why, name);
      }
    }
    const entry = { plugin: added, info };
    this.#byName.set(name, entry);
    for (const protocol of protocols) this.#byProtocol.set(protocol, entry);
    return info;
  }

  /** The plugin of that name. */
  get(name: string): ProtocolPlugin | undefined {
    return this.#byName.get(name)?.plugin;
  }

  /** The plugin that executes tests for a protocol. */
  lookup(protocol: string): ProtocolPlugin | undefined {
    return this.#byProtocol.get(protocol)?.plugin;
  }

  /** How a declared event looks, by `"<plugin>.<kind>"`; a plugin's name may have dots, a kind none. */
  eventSchema(fullName: string): ApiqubeEventSchema | undefined {
    const dot = fullName.lastIndexOf(".");
    const events = dot < 0 ? undefined : this.#byName.get(fullName.slice(0, dot))?.info.events;
    const kind = fullName.slice(dot + 1);
    return events && Object.hasOwn(events, kind) ? events[kind] : undefined;
  }

  /** What every plugin says of itself, sorted by name. */
  snapshot(): readonly ApiqubeInfo[] {
    const infos = [...this.#byName.values()].map(({ info }) => info);
    return infos.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * Initialises every plugin, in the order of registration, and stops at the first that fails.
   *
   * @param configs configurations by the plugins' names; a module without one gets that of its
   * extension.
   * @throws {ExtensionError} `init NAME: …`, with what the plugin failed with as its cause.
   */
  async initAll(
    configs: { readonly [name: string]: { readonly [key: string]: unknown } } = {},
  ): Promise<void> {
    for (const { plugin, info: { name } } of this.#byName.values()) {
      try {
        await plugin.init(Object.hasOwn(configs, name) ? configs[name] : undefined);
      } catch (cause) {
        throw new InitError(name, cause);
      }
    }
  }

  /**
   * Closes every plugin, the last one first. A second call only waits for the first.
   *
   * @throws the first failure, after all others were closed too.
   */
  close(): Promise<void> {
    if (this.#closing) return this.#closing.catch(() => {});
    this.#closing = this.#close();
    return this.#closing;
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    let first: { readonly error: unknown } | undefined;
    for (const { plugin } of [...this.#byName.values()].reverse()) {
      try {
        await plugin.close();
      } catch (error) {
        first ??= { error };
      }
    }
    if (first) throw first.error;
  }

  /**
   * A registry of all `.wasm` files of `directory`, none below it. One that fails to load fails all.
   * As long as the directory, the names and times of its files and the load options stay the same
   * it is the same registry; when one differs, the old one is closed and all is loaded again.
   *
   * @param directory where the plugins are; empty for the current registry, or an empty one.
   * @throws {ExtensionError} `unsupported` when there is no such directory; as `register`.
   * @throws as `ExtensionHost.load`.
   */
  static loadDir(
    directory: string,
    options: ProtocolDirectoryOptions,
  ): Promise<ProtocolRegistry> {
    const home = homeOf(options.host);
    const loading = home.last.then(() => reload(home, directory, options));
    home.last = loading.catch(() => {});
    return loading;
  }

  /** What `loadDir` loaded last for `host`; `undefined` before, and after a failure to load again. */
  static current(host: ProtocolHost): ProtocolRegistry | undefined {
    return homes.get(host)?.current?.registry;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }
}

function homeOf(host: ProtocolHost): Home {
  let home = homes.get(host);
  if (!home) {
    home = { current: undefined, last: Promise.resolve() };
    homes.set(host, home);
  }
  return home;
}

async function reload(
  home: Home,
  directory: string,
  { host, load = {} }: ProtocolDirectoryOptions,
): Promise<ProtocolRegistry> {
  if (home.current?.registry.closed) home.current = undefined;
  if (directory === "") {
    home.current ??= { mark: "", registry: new ProtocolRegistry() };
    return home.current.registry;
  }
  const files = (await pluginFiles(directory)).map((file) => {
    const options = typeof load === "function" ? load(file.name) : load;
    return { ...file, options: { runtime: "wasm", ...options } };
  });
  const mark = markOf(directory, files);
  if (home.current?.mark === mark) return home.current.registry;
  // Its plugins are in the host under the names of the new ones. Whoever asked for the new ones
  // could do nothing about an old one that ends badly.
  await home.current?.registry.close().catch(() => {});
  home.current = undefined;
  const registry = await registryOf(host, files);
  home.current = { mark, registry };
  return registry;
}

async function registryOf(
  host: ProtocolHost,
  files: readonly { readonly path: string; readonly options: LoadOptions }[],
): Promise<ProtocolRegistry> {
  await using undo = new AsyncDisposableStack();
  const registry = undo.use(new ProtocolRegistry());
  for (const { path, options } of files) {
    const extension = undo.use(await host.load(path, options));
    await registry.register(extension);
  }
  undo.move();
  return registry;
}

/** Equal as long as loading again would give the same plugins with the same powers. */
function markOf(
  directory: string,
  files: readonly { readonly stamp: string; readonly options: LoadOptions }[],
): string {
  return JSON.stringify([
    directory,
    files.map(({ stamp, options: { grants, limits, isolation, config, integrity } }) => [
      ...[stamp, grants, limits, isolation, config, integrity],
    ]),
  ]);
}

/** A plugin that could not be initialised; its message is the convention's. */
class InitError extends ExtensionError {
  constructor(plugin: string, cause: unknown) {
    const code: ExtensionErrorCode = cause instanceof ExtensionError ? cause.code : "guest-error";
    super(new Fault(code, "", { cause }), plugin, "init");
    this.message = `init ${plugin}: ${cause instanceof Error ? cause.message : cause}`;
  }
}

function refusal(code: ExtensionErrorCode, why: string, plugin: string): ExtensionError {
  return new ExtensionError(new Fault(code, why), plugin);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function completed(info: Partial<ApiqubeInfo>): ApiqubeInfo {
  const { name = "", version = "", description = "", protocols = [], capabilities = [] } = info;
  if (typeof name !== "string" || name === "") {
    throw new TypeError("Cannot register a plugin as its info has no name");
  }
  const { fields = {}, events = {} } = info;
  return Object.freeze({
    ...{ name, version, description, fields, events },
    protocols: Object.freeze([...protocols]),
    capabilities: Object.freeze([...capabilities]),
  });
}
