/**
 * The protocol that Hookr and waPC share under different names: one export takes every call, and
 * request, answer and error are fetched and handed over by imports.
 *
 * ```text
 * host: ok = call(operation length, payload length)
 * guest:  request(operation ptr, payload ptr)         both are written there
 * guest:  ok = host_call(…, operation, payload)       1: host_response holds an answer, 0: host_error a text
 * guest:  response(ptr, len) or error(ptr, len)       and returns 1 or anything else
 * ```
 *
 * @module
 */

import { type CallNames, CallSession } from "./call_session.ts";
import { type Abi, LIFECYCLE_EXPORTS, type ModuleShape } from "./contract.ts";

/** What one of the two conventions calls things, and where they differ. */
export interface CallProtocol extends CallNames {
  /** The convention's name, and that of its import module. */
  readonly name: string;
  /** In the language of its users. */
  readonly title: string;
}

/** The convention that follows `protocol`, told apart from its `twin`. */
export function callAbi(protocol: CallProtocol, twin: CallProtocol): Abi {
  const { name, call, starts } = protocol;
  const reserved = new Set([call, ...starts, ...LIFECYCLE_EXPORTS]);
  return Object.freeze<Abi>({
    name,
    instances: "one",
    looksFor: `the export "${call}", or imports from "${name}"`,
    detect(shape) {
      if (exportsCall(shape, protocol) && !isMixed(shape, twin, protocol)) {
        return `it exports "${call}"`;
      }
      return importsFrom(shape, protocol) ? `it imports from "${name}"` : undefined;
    },
    requires: [
      { name: "memory", kind: "memory" },
      { name: call, kind: "function", type: "(i32, i32) -> i32" },
    ],
    problems(shape) {
      if (isMixed(shape, protocol, twin)) return [mixture(protocol, twin)];
      return isMixed(shape, twin, protocol) ? [mixture(twin, protocol)] : [];
    },
    operation: undefined,
    reserved: [...reserved],
    // Its start functions run inside a call context, so the session calls them.
    starts: false,
    hostFunctions: true,
    bind: (guest, environment) => new CallSession(protocol, reserved, guest, environment),
  });
}

function exportsCall({ exports }: ModuleShape, { call }: CallProtocol): boolean {
  return exports.some(({ name }) => name === call);
}

function importsFrom({ imports }: ModuleShape, { name }: CallProtocol): boolean {
  return imports.some(({ module }) => module === name);
}

/** Whether a module imports from one convention and exports for the other. */
function isMixed(shape: ModuleShape, imported: CallProtocol, exported: CallProtocol): boolean {
  return importsFrom(shape, imported) && !importsFrom(shape, exported) &&
    exportsCall(shape, exported) && !exportsCall(shape, imported);
}

function mixture(imported: CallProtocol, exported: CallProtocol): string {
  return `it imports "${imported.name}" but exports "${exported.call}", which belongs to ` +
    `${exported.title}: a ${imported.title} plugin exports "${imported.call}"`;
}
