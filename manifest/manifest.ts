/** The shape of a parsed manifest: frozen data, defaults filled in, nothing decided. @module */

/** A JSON value that nobody changes. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A frozen JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Where an extension runs, from the weakest wall to the strongest. */
export type Isolation = "inline" | "worker" | "process";

/** One capability that an extension asks its operator for. */
export interface CapabilityAsk {
  /** The name as written; aliases are resolved by capabilities/. */
  readonly name: string;
  /** What exactly is asked for; empty means "whatever the operator grants". */
  readonly args: JsonObject;
  /** An optional ask that is not granted becomes a stub and does not fail the load. */
  readonly optional: boolean;
  /** Why the extension wants it, for the operator's eyes; untrusted text. */
  readonly reason: string;
}

/** Limits a manifest sets for itself; the operator's are applied on top. `undefined` = not set. */
export interface ManifestLimits {
  /** Bytes of guest memory per instance. */
  readonly memoryBytes: number | undefined;
  /** Milliseconds a call may take. */
  readonly timeoutMs: number | undefined;
  /** Units of fuel a call may burn. */
  readonly fuel: number | undefined;
  /** Bytes of a payload or a result. */
  readonly payloadBytes: number | undefined;
  /** Bytes of variables; only Extism's manifests set it. */
  readonly varBytes?: number;
  /** Bytes of one HTTP answer; only Extism's manifests set it. */
  readonly responseBytes?: number;
}

/** An event that an extension declares to emit. */
export interface EventDeclaration {
  /** When it is emitted, for people. */
  readonly description: string;
  /** What it carries, in the extension's own terms. */
  readonly fields: JsonObject;
}

/** A path that an extension serves. */
export interface RouteDeclaration {
  /** What comes there: requests, WebSocket connections, or subscribers of an event stream. */
  readonly protocol: "http" | "ws" | "sse";
  /** The method of requests; empty for other protocols. */
  readonly method: string;
  /** The path, where `:name` stands for any one segment. */
  readonly path: string;
  /** The function that takes what comes; empty where the driver of its convention chooses. */
  readonly handler: string;
  /** What is served there, for people. */
  readonly description: string;
}

/**
 * What only the manifest of a Pulp cell says. Most of it is data here, for drivers and embedders.
 */
export type PulpDeclaration = {
  /** `pulp.plugin.toml`, or its successor `pulp.cell.toml`. */
  readonly form: "plugin" | "cell";
  /** Services that it offers to others. */
  readonly provides: readonly string[];
  /** Services of others that it uses. */
  readonly consumes: readonly string[];
  /** Functions of its host that it says it uses. */
  readonly hostConsumes: readonly string[];
  /** Groups of cells that want to share memory with it; none do here. */
  readonly sharedMemoryGroups: readonly string[];
  /** Whether it wants a thread of its own. */
  readonly dedicatedThread: boolean;
  /** Whether it can be saved and restored. */
  readonly snapshotable: boolean;
  /** Who may call it from other hosts. */
  readonly federatedCallers: readonly string[];
  /** Services of other hosts that it uses. */
  readonly federatedConsumes: readonly string[];
  /** Whether it can move to another host. */
  readonly migratable: boolean;
  /** What happens when it breaks, or ends itself. */
  readonly restart: "on_crash" | "never" | "always";
  /**
   * Numbers of its configuration that JSON would not keep, as JSON pointer → what is written:
   * floats without a fraction (`1.0`), and integers beyond ±2^53.
   */
  readonly numbers: { readonly [pointer: string]: string };
};

/** A manifest after its shape was checked. Every array and object in it is frozen. */
export interface Manifest {
  /** The extension's own name for itself: a label, never an authority. */
  readonly name: string;
  /** The extension's version; `0.0.0` when it gives none. */
  readonly version: string;
  /** What it does, for people; empty when it does not say. */
  readonly description: string;
  /** The engine's name or alias, as written. */
  readonly runtime: string;
  /** Path of the module inside the extension's directory. */
  readonly module: string | undefined;
  /** The guest convention, when it should not be detected. */
  readonly abi: string | undefined;
  /** Name of the codec that `call` and `fn` use. */
  readonly codec: string | undefined;
  /** Functions the extension declares. */
  readonly exports: readonly string[];
  /** Hash of the module file: an SRI string or hexadecimal SHA-256. */
  readonly integrity: string | undefined;
  /** `undefined` when the manifest has no list at all: then its imports speak for it. */
  readonly capabilities: readonly CapabilityAsk[] | undefined;
  /** Protocols that it speaks, for hosts that route by them. */
  readonly protocols: readonly string[];
  /** Events that it may emit, by name. */
  readonly events: { readonly [name: string]: EventDeclaration };
  /** Limits that it sets itself. */
  readonly limits: ManifestLimits;
  /** Free-form configuration, handed to the extension under the operator's. */
  readonly config: JsonObject;
  /** Names of the extensions that have to be loaded before it. */
  readonly dependsOn: readonly string[];
  /** Version ranges of the hosts it runs on: `{ airlock: "^0.1" }`. */
  readonly engines: { readonly [host: string]: string };
  /** The weakest isolation the extension accepts; the operator may only strengthen it. */
  readonly isolation: Isolation | undefined;
  /** What it serves, where it is granted. */
  readonly routes: readonly RouteDeclaration[];
  /** Jobs for drivers that schedule the extension; data here. */
  readonly jobs: readonly JsonObject[];
  /** What a Pulp cell's own manifest says beside all this; other forms of manifest have none. */
  readonly pulp?: PulpDeclaration;
}
