/** What a capability is: its arguments, its operations, and the power it was made with. @module */

import type { JsonObject } from "../manifest/manifest.ts";
import { checkedImports, type RawImports } from "./raw_import.ts";
import type { EventSink, ExtensionServices } from "./services.ts";

/** What crosses between a guest and an operation: JSON, bytes, or lists and records of both. */
export type HostValue =
  | null
  | undefined
  | boolean
  | number
  | string
  | Uint8Array
  | readonly HostValue[]
  | { readonly [key: string]: HostValue };

/** Named arguments of one operation. */
export type OperationArgs = { readonly [name: string]: HostValue };

/** Who is asking, with what right, and how it is told to stop. */
export interface OperationContext<Grant = unknown, State = unknown> {
  /** The extension that asks. */
  readonly extension: ExtensionIdentity;
  /** What was granted, as the capability's own `parse` returned it. */
  readonly grant: Grant;
  /** What `setup` returned for this extension. */
  readonly state: State;
  /** Fires when the call is aborted, the grant revoked or the extension closed. */
  readonly signal: AbortSignal | undefined;
  /** When the guest's call ends, on the clock of `performance.now()`, where it has a deadline. */
  readonly deadline?: number | undefined;
  /** Names of the extensions this call came through, the outermost first. */
  readonly chain: readonly string[];
  /** Takes the events of the call it belongs to, beside the host's sink. */
  readonly onEvent?: EventSink | undefined;
}

/** What an extension is known by, in every decision and record. */
export interface ExtensionIdentity {
  /** The manifest's name for it: a label, never an authority. */
  readonly name: string;
  /** The manifest's version of it. */
  readonly version: string;
  /** `sha256-` digest of its manifest and files; empty where it has no bytes. */
  readonly digest: string;
}

/**
 * One thing a guest can ask for. At least one of `call` and `callSync` is there; an operation
 * with `callSync` never waits and can be reached from a synchronous guest.
 */
export interface Operation<Grant = unknown, State = unknown> {
  /** Names of the arguments in the order JavaScript guests pass them. */
  readonly params: readonly string[];
  /** Does it, possibly waiting. */
  readonly call?: (
    args: OperationArgs,
    context: OperationContext<Grant, State>,
  ) => Promise<HostValue>;
  /**
   * Does it at once. Bytes that it gives may be its own: a guest gets a copy of them in its own memory
   * anyway, and whoever keeps them makes one.
   */
  readonly callSync?: (
    args: OperationArgs,
    context: OperationContext<Grant, State>,
  ) => HostValue;
  /**
   * What this call would need beyond the grant, as arguments of a grant that would cover it;
   * `undefined` when the grant covers it. The broker asks before the operation runs, so that a
   * refusal is the same, and recorded, in every tier.
   */
  readonly outside?: (args: OperationArgs, grant: Grant) => JsonObject | undefined;
  /** Engines ask for it themselves: it is no part of what guests are shown. */
  readonly engineOnly?: boolean;
  /** What an audit record says the call was about; default: its first argument, clipped. */
  readonly summarize?: (args: OperationArgs) => string;
}

/** What `parse` answers: a grant, or why the arguments are wrong. */
export type ParsedArgs<Grant> =
  | { readonly ok: true; readonly grant: Grant }
  | {
    readonly ok: false;
    /** Argument path → message, as an issue under the ask: `hosts[0]`. */
    readonly problems: readonly { readonly path: string; readonly message: string }[];
  };

/** Resources that a capability opens for one extension. */
export interface CapabilityScope<Grant = unknown> {
  /** Whom they are for. */
  readonly extension: ExtensionIdentity;
  /** What was granted, as `parse` returned it. */
  readonly grant: Grant;
  /** Configuration of the extension: the manifest's under the operator's. */
  readonly config: JsonObject;
  /** Bytes of variables the extension may keep in memory. */
  readonly stateBytes: number;
  /** What the extension has without asking: its clock, its randomness, its log, its events. */
  readonly services: ExtensionServices;
}

/** A capability: named operations behind one grant. */
export interface Capability<Grant = unknown, State = unknown> {
  /** Canonical name: lower-case words joined by dots. */
  readonly name: string;
  /** One line for operators. */
  readonly summary: string;
  /** Other names accepted in manifests and grants. */
  readonly aliases?: readonly string[];
  /**
   * Checks arguments of an ask or a grant. Empty arguments mean "everything this capability has".
   * `from` tells which of them it is, where an operator may write more than a manifest.
   */
  readonly parse: (args: JsonObject, from?: "ask" | "grant") => ParsedArgs<Grant>;
  /**
   * What exists when both an ask and a grant have arguments; `undefined` when nothing is left.
   * Default: the grant's, as it is the operator's word that counts.
   */
  readonly intersect?: (asked: JsonObject, granted: JsonObject) => JsonObject | undefined;
  /** A grant's arguments as `--grant NAME=…` takes them, for messages; default: none. */
  readonly formatArgs?: (args: JsonObject) => string;
  /** The argument that `--grant NAME=a,b` fills as a list; default: none is accepted. */
  readonly listArgument?: string;
  /**
   * A grant without arguments is refused when the ask has none either: "everything" has to be
   * written, not left out.
   */
  readonly needsArguments?: boolean;
  /** A grant of `all` leaves it out: it has to be granted by name. */
  readonly byNameOnly?: boolean;
  /** What a guest can ask for, by name. */
  readonly operations: { readonly [name: string]: Operation<Grant, State> };
  /**
   * Deno permission flags the host process needs for this grant; `storage` is the directory for the
   * extension's own files, where there is one, and `listen` the address that the host serves at,
   * where that is to be counted.
   */
  readonly denoPermissions?: (
    grant: Grant,
    storage?: string,
    listen?: string,
  ) => readonly string[];
  /** Opens what one extension needs; what it returns is `context.state`. */
  readonly setup?: (scope: CapabilityScope<Grant>) => State | Promise<State>;
  /** Closes what `setup` opened. */
  readonly teardown?: (state: State) => void | Promise<void>;
  /**
   * Functions that WASM modules can import, by import module and name. A guest convention's own
   * imports come first. A module without a list of capabilities asks by importing one of them.
   */
  readonly imports?: RawImports<Grant, State>;
}

/**
 * Checks a capability's definition and freezes it.
 *
 * @throws {TypeError} when a name is malformed or reserved, or an operation can never be called.
 *
 * @example
 * ```ts
 * import { defineCapability } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const greet = defineCapability({
 *   name: "greet",
 *   summary: "Says hello",
 *   parse: () => ({ ok: true, grant: {} }),
 *   operations: { hello: { params: ["name"], callSync: ({ name }) => `Hello ${name}` } },
 * });
 * assertEquals(greet.name, "greet");
 * ```
 */
export function defineCapability<Grant, State>(
  capability: Capability<Grant, State>,
): Capability<Grant, State> {
  const { name, aliases = [], operations } = capability;
  for (const each of [name, ...aliases]) checkName(each);
  const frozen: Record<string, Operation<Grant, State>> = Object.create(null);
  for (const [key, operation] of Object.entries(operations)) {
    if (!OPERATION_NAME.test(key) || RESERVED.has(key)) {
      throw new TypeError(
        `Cannot define capability "${name}" as an operation's name must be one word that no object has already: current name is "${key}"`,
      );
    }
    if (!operation.call && !operation.callSync) {
      throw new TypeError(
        `Cannot define capability "${name}" as operation "${key}" has neither call nor callSync`,
      );
    }
    frozen[key] = Object.freeze({ ...operation, params: Object.freeze([...operation.params]) });
  }
  return Object.freeze({
    ...capability,
    aliases: Object.freeze([...aliases]),
    operations: Object.freeze(frozen),
    ...capability.imports ? { imports: checkedImports(name, capability.imports) } : {},
  });
}

const CAPABILITY_NAME = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;
/** No dots: an operation is looked up as `capability.operation`, split at the last one. */
const OPERATION_NAME = /^[a-z][A-Za-z0-9_]*$/;
/** Words that would make the guest's `airlock` object a promise, or shadow what every object has. */
const RESERVED: ReadonlySet<string> = new Set([
  "then",
  ...Object.getOwnPropertyNames(Object.prototype),
]);
/** The grant that stands for every other one. */
const ALL = "all";

function checkName(name: string): void {
  const ok = CAPABILITY_NAME.test(name) && name !== ALL &&
    !name.split(".").some((word) => RESERVED.has(word));
  if (ok) return;
  throw new TypeError(
    `Cannot define a capability as its names must be lower-case words joined by dots, and none of them reserved: current name is "${name}"`,
  );
}
