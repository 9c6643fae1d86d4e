/** Takes away what would run guest code outside the watchdog, or show the host's own stack. @module */

import type { Kit } from "./kit.ts";

/** Self-contained: its text runs inside the realm, before anything else does. */
export function harden(kit: Kit): void {
  const { codeAt, indexOf, realm } = kit;

  // A finalizer runs whenever the collector likes: one that loops would hang the thread for ever.
  // The others wait without the watchdog, or make memory that another thread shares.
  const gone = ["FinalizationRegistry", "WeakRef", "WebAssembly", "SharedArrayBuffer"];
  for (let i = 0; i < gone.length; i++) delete realm[gone[i] as string];
  delete (realm.Atomics as Record<string, unknown> | undefined)?.waitAsync;

  // Only V8 has it. A guest's own formatter would run wherever an error is shown, and would get
  // the host's frames.
  const errors = kit.Error as unknown as Record<string, unknown>;
  if (typeof errors.captureStackTrace !== "function") return;

  interface Frame {
    getFileName(): unknown;
    toString(): string;
  }

  /** Files of an extension are relative paths without a colon; the host's never are. */
  function isGuests(frame: Frame): boolean {
    const file = frame.getFileName();
    return typeof file !== "string" || (indexOf(file, ":") < 0 && codeAt(file, 0) !== 0x2f);
  }

  function format(error: unknown, frames: readonly Frame[]): string {
    let out: string;
    try {
      out = kit.apply(toText, error, []) as string;
    } catch {
      out = "Error";
    }
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i] as Frame;
      if (isGuests(frame)) out += `\n    at ${frame.toString()}`;
    }
    return out;
  }
  const toText = kit.Error.prototype.toString;

  // The engine looks for a formatter on whatever the realm calls `Error`: were that replaced, the
  // guest's formatter would be called with the host's frames, objects of the host's realm.
  kit.define(realm, "Error", {
    value: kit.Error,
    writable: false,
    enumerable: false,
    configurable: false,
  });
  kit.define(errors, "prepareStackTrace", {
    get: () => format,
    // Libraries set it on load; a throw would end them.
    set: () => {},
    enumerable: false,
    configurable: false,
  });
}
