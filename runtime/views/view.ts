/** The typed views of extensions, by guest convention: what `extension.as(name)` makes. @module */

import type { Module, Payload } from "../contract.ts";
import type { InvokeOptions } from "../extension.ts";
import { ApiqubePlugin } from "./apiqube.ts";
import { ExtismPlugin } from "./extism.ts";
import { GoatPlugin } from "./gk.ts";
import { PulpCell } from "./pulp.ts";

/** What a view builds on; every extension is one. */
export interface ViewedExtension {
  /** Name of the extension. */
  readonly name: string;
  /** Calls a function with bytes or text. */
  invoke(fn: string, payload?: Payload, options?: InvokeOptions): Promise<Uint8Array>;
  /** The same for a result that is text. */
  invokeText(fn: string, payload?: Payload, options?: InvokeOptions): Promise<string>;
  /** How often its instance was replaced. */
  stats(): { readonly restarts: number };
  /** Ends the extension. */
  close(): Promise<void>;
}

/** Each convention that has operations of its own, and its view. */
export interface Views {
  /** ApiQube plugins. */
  readonly apiqube: ApiqubePlugin;
  /** Extism plugins. */
  readonly extism: ExtismPlugin;
  /** GoatKit plugins. */
  readonly gk: GoatPlugin;
  /** Pulp cells. */
  readonly pulp: PulpCell;
}

/** A convention that has a view. */
export type ViewName = keyof Views;

/** What a view may ask of the engine, beside calls. */
export type ViewedModule = Pick<Module, "has" | "reset">;

const MAKERS: {
  readonly [Name in ViewName]: (extension: ViewedExtension, module: ViewedModule) => Views[Name];
} = {
  apiqube: (extension) => new ApiqubePlugin(extension),
  extism: (extension, module) => new ExtismPlugin(extension, module),
  gk: (extension) => new GoatPlugin(extension),
  pulp: (extension) => new PulpCell(extension),
};

/** The view of `extension`, which follows that convention. */
export function makeView<Name extends ViewName>(
  name: Name,
  extension: ViewedExtension,
  module: ViewedModule,
): Views[Name] {
  return MAKERS[name](extension, module);
}
