/** The describe phase: asks a module what it is, in a throw-away instance that has no host. @module */

import type { HostCalls } from "../../capabilities/host_calls.ts";
import type { GuestOutput, LoadRequest, SelfDescription } from "../contract.ts";
import { withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import { type Blueprint, startInstance } from "./instance.ts";
import { Program } from "./program.ts";

/**
 * Milliseconds that a module may take to start and to say what it is: nobody granted it anything
 * yet. A Go program of 3 MB needs 30 the first time, most of it for the engine's look at its code,
 * and several times that on a busy machine.
 */
const DESCRIBE_MS = 1_000;

/** Host operations meanwhile: none of them does anything. */
const DESCRIBE_OPERATIONS = 1_000;

/**
 * What a module of a self-describing convention says of itself; `undefined` for other conventions.
 *
 * @throws {Fault} what its start functions or its description failed with.
 */
export async function describeItself(
  blueprint: Pick<Blueprint, "module" | "added" | "linking" | "abi" | "powers"> & {
    readonly environment: Omit<Blueprint["environment"], "host">;
  },
  { name, limits, signal }: Pick<LoadRequest, "limits" | "signal"> & { readonly name: string },
): Promise<SelfDescription | undefined> {
  const { abi, powers, environment } = blueprint;
  if (!abi.selfDescribing) return undefined;
  const host = describingHost(() => powers.now());
  const call = {
    deadline: performance.now() + Math.min(DESCRIBE_MS, limits.loadMs),
    signal,
    chain: [name],
    budget: { operations: DESCRIBE_OPERATIONS },
    fuel: limits.fuel,
  };
  const started = startInstance({
    ...blueprint,
    environment: {
      ...environment,
      host,
    },
    program: () => new Program([name], {}, SILENT),
  }, call);
  const { guest, session } = await withDeadline(Promise.resolve(started), call);
  try {
    return await withDeadline(Promise.resolve(session.describe?.()), call);
  } catch (error) {
    throw guest.explain(error);
  }
}

/** Answers what is harmless by construction with nothing, the clock aside, and refuses the rest. */
function describingHost(now: () => number): HostCalls {
  return {
    call: () => Promise.reject(undescribed()),
    callSync: (operation) => operation === "clock.now" ? now() : undefined,
    surface: [],
  };
}

function undescribed(): Fault {
  return new Fault("unsupported", "the guest is only asked what it is");
}

const SILENT: GuestOutput = { stdout() {}, stderr() {} };
