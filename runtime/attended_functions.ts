/** Functions of the embedder as guests reach them: each call is written down, and may go on to another extension. @module */

import {
  type AuditOutcome,
  auditRecord,
  type AuditSink,
  outcomeOf,
} from "../capabilities/audit.ts";
import type { ExtensionIdentity } from "../capabilities/capability.ts";
import { powers } from "../capabilities/powers.ts";
import type { Peers } from "../capabilities/services.ts";
import { requireStack } from "../capabilities/stack_room.ts";
import type {
  ExtismBlocksOfCall,
  HostFunction,
  HostFunctionContext,
  HostFunctionOrigin,
  HostFunctions,
} from "./contract.ts";
import type { HostFunctionTable } from "./host_functions.ts";

/** What records call the embedder's functions: no capability has that name. */
const HOST = "host";

/** What the functions of one extension need beside themselves. */
export interface Attendance {
  /** Looked at with each call: the digest is known only once all files are read. */
  readonly extension: () => ExtensionIdentity;
  readonly audit: AuditSink | undefined;
  readonly peers: Peers;
}

/** The functions of `table`, attended. */
export function attendedFunctions(
  table: HostFunctionTable,
  attendance: Attendance,
): HostFunctions {
  return new AttendedFunctions(table, attendance);
}

/** A class, not an object of closures: every extension has one, and few have any function. */
class AttendedFunctions implements HostFunctions {
  readonly #table: HostFunctionTable;
  readonly #attendance: Attendance;
  #known: WeakMap<HostFunction, HostFunction<HostFunctionOrigin>> | undefined;

  constructor(table: HostFunctionTable, attendance: Attendance) {
    this.#table = table;
    this.#attendance = attendance;
    Object.freeze(this);
  }

  get waits(): boolean {
    return this.#table.waits;
  }

  get version(): number {
    return this.#table.version;
  }

  find(operation: string): HostFunction<HostFunctionOrigin> | undefined {
    const found = this.#table.find(operation);
    return found && this.#attend(found);
  }

  list(): readonly HostFunction<HostFunctionOrigin>[] | undefined {
    return this.#table.list()?.map((found) => this.#attend(found));
  }

  #attend(found: HostFunction): HostFunction<HostFunctionOrigin> {
    const known = this.#known ??= new WeakMap();
    const same = known.get(found);
    if (same) return same;
    const made = attended(found, this.#attendance);
    known.set(found, made);
    return made;
  }
}

function attended(
  found: HostFunction,
  { extension, audit, peers }: Attendance,
): HostFunction<HostFunctionOrigin> {
  /** Completes what a convention made for this one call: copying it would take longer than many a call. */
  const contextOf = (origin: HostFunctionOrigin): HostFunctionContext => {
    const call: HostFunctionContext["call"] = (name, fn, payload = "") =>
      peers.call(name, fn, payload, {
        caller: origin.extension,
        chain: origin.chain,
        deadline: origin.deadline,
        signal: origin.signal,
        onEvent: undefined,
      });
    const context = origin as HostFunctionOrigin & { call?: HostFunctionContext["call"] };
    context.call = call;
    return context as HostFunctionContext;
  };
  const { name, waits, extism } = found;
  if (!audit && !extism) {
    return { name, waits, run: (payload, origin) => found.run(payload, contextOf(origin)) };
  }

  function tell<Answer>(
    origin: HostFunctionOrigin,
    summary: string,
    answer: () => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    if (!audit) return answer();
    // a guest that has filled the stack must not have the call without its record
    requireStack();
    const start = performance.now();
    const record = (outcome: AuditOutcome) => {
      const subject = { capability: HOST, operation: origin.operation, summary };
      const when = { time: powers.now(), ms: performance.now() - start };
      audit(auditRecord(extension(), subject, outcome, when));
    };
    let given: Answer | Promise<Answer>;
    try {
      given = answer();
    } catch (error) {
      record(outcomeOf(error));
      throw error;
    }
    if (!(given instanceof Promise)) {
      record("allowed");
      return given;
    }
    return given.then((value) => {
      record(origin.signal?.aborted ? "abandoned" : "allowed");
      return value;
    }, (error) => {
      record(origin.signal?.aborted ? "abandoned" : outcomeOf(error));
      throw error;
    });
  }

  return {
    name,
    waits,
    run: (payload, origin) =>
      tell(origin, `${payload.length} bytes`, () => found.run(payload, contextOf(origin))),
    ...extism && {
      extism(blocks, args) {
        contextOf(blocks.context);
        const answer = () => extism(blocks as ExtismBlocksOfCall, args);
        return audit ? tell(blocks.context, "", answer) : answer();
      },
    },
  };
}
