/** Writes one audit record of each call into an extension, with the fuel it used: a module around a module. @module */

import { auditRecord, type AuditSink, outcomeOf } from "../capabilities/audit.ts";
import type { ExtensionIdentity } from "../capabilities/capability.ts";
import { powers } from "../capabilities/powers.ts";
import type { Call, Module } from "./contract.ts";

/** `module`, with a record of each call for `audit`. A call whose record is refused fails. */
export function auditCalls(
  module: Module,
  extension: ExtensionIdentity,
  audit: AuditSink,
): Module {
  const record = (fn: string, start: number, call: Call, failure?: { readonly error: unknown }) => {
    const outcome = failure === undefined
      ? "allowed"
      : call.signal?.aborted || call.closed?.aborted
      ? "abandoned"
      : outcomeOf(failure.error);
    const subject = { capability: "", operation: fn, summary: "" };
    const measured = {
      time: powers.now(),
      ms: performance.now() - start,
      fuel: call.budget.fuel,
    };
    audit(auditRecord(extension, subject, outcome, measured));
  };

  function now<Result>(fn: string, call: Call, run: () => Result): Result {
    const start = performance.now();
    let result: Result;
    try {
      result = run();
    } catch (error) {
      record(fn, start, call, { error });
      throw error;
    }
    if (result instanceof Promise) return later(fn, call, start, result) as Result;
    record(fn, start, call);
    return result;
  }

  async function later<Result>(
    fn: string,
    call: Call,
    start: number,
    pending: Promise<Result>,
  ): Promise<Result> {
    let result: Result;
    try {
      result = await pending;
    } catch (error) {
      record(fn, start, call, { error });
      throw error;
    }
    record(fn, start, call);
    return result;
  }

  const audited: Pick<Module, "invoke" | "invokeSync"> = {
    invoke: (fn, payload, call) => now(fn, call, () => module.invoke(fn, payload, call)),
  };
  if (module.invokeSync) {
    const sync = module.invokeSync.bind(module);
    audited.invokeSync = (fn, payload, call) => now(fn, call, () => sync(fn, payload, call));
  }
  return new Proxy(module, {
    get(target, key) {
      if (Object.hasOwn(audited, key)) return Reflect.get(audited, key);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
