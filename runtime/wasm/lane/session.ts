/** What runs inside a WebAssembly lane: one guest at a time, one task at a time. @module */

import type { HostValue } from "../../../capabilities/capability.ts";
import type { Call, Payload } from "../../contract.ts";
import { Fault } from "../../errors.ts";
import type { WasiPowers } from "../../wasi/contract.ts";
import { deterministicPowers } from "../../wasi/deterministic.ts";
import { pooledRandom } from "../../wasi/random.ts";
import { type GuestPort, openGuestPort } from "../../worker/guest_port.ts";
import { keepGlobals } from "../../worker/keep_globals.ts";
import type { Abi, Kept } from "../abi/contract.ts";
import { formOf, KNOWN_ABIS, operationsOf } from "../abis.ts";
import type { LiveGuest } from "../guest.ts";
import { HARMLESS } from "../harmless.ts";
import { type Blueprint, type GuestInstance, sizeOf, startInstance } from "../instance.ts";
import { encodeError, STOPPED } from "./errors.ts";
import { FarFunctions, farHostCalls, farOutput, farPowers, farRawTable } from "./far.ts";
import { Questions } from "./questions.ts";
import {
  CONTROL,
  CONTROL_BYTES,
  type FromLane,
  type Granted,
  type LaneCall,
  type LaneSetup,
  MEMORY_UNIT_BYTES,
  type Next,
  type Task,
  type ToLane,
  type WireOutcome,
} from "./wire.ts";
import { farTrees } from "./trees.ts";
import { memoryFault } from "../memory_fault.ts";
import { Program } from "../program.ts";
import { describeItself } from "../self_description.ts";
import { unknownFunction } from "../unknown_function.ts";

/** Options of {@linkcode startWasmLane}. */
export interface WasmLaneOptions {
  /** Guest conventions beside the built-in ones. */
  readonly abis?: readonly Abi[];
}

/** Globals that a lane goes on to use; what else it needs of the worker is taken before. */
const KEPT_GLOBALS = [
  "AbortController",
  "clearTimeout",
  "DOMException",
  "performance",
  "queueMicrotask",
  "setTimeout",
  "TextDecoder",
  "TextEncoder",
];

/**
 * Makes the worker that runs the calling module a lane for WebAssembly guests. A module that calls it
 * with a convention of an embedder's own is what `Abi.lane` names.
 *
 * @example
 * ```ts ignore
 * // my_lane.ts, of an Abi whose lane is new URL("./my_lane.ts", import.meta.url)
 * import { startWasmLane } from "@airlock/host";
 * import { mine } from "./mine.ts";
 *
 * startWasmLane({ abis: [mine] });
 * ```
 */
export function startWasmLane({ abis = [] }: WasmLaneOptions = {}): void {
  openGuestPort<FromLane, ToLane>((port) => {
    keepGlobals(KEPT_GLOBALS);
    const lane = new LaneSession(port, [...KNOWN_ABIS, ...abis]);
    // Whoever waited for it is gone: what was worth telling has been told.
    port.onRejection(() => {});
    port.onMessage((message) => lane.receive(message));
  });
}

/** Longest sleep without a look at the deadline. */
const SLEEP_LIMIT_MS = 1_000;

/** The work of one lane. */
class LaneSession {
  readonly #port: GuestPort<FromLane, ToLane>;
  readonly #abis: readonly Abi[];
  readonly #questions: Questions;
  readonly #functions: FarFunctions;
  readonly #powers: WasiPowers;
  readonly #kept: Kept = { init: undefined };
  #granted: Granted = { surface: [], trees: [] };
  /** What the host says of the guest's directories, by operation. */
  #trees: ReadonlyMap<string, () => HostValue> = new Map();
  #setup: LaneSetup | undefined;
  #abi: Abi | undefined;
  #control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  #task = 0;
  #instance: GuestInstance | undefined;
  /** The one at work, from before it is an instance. */
  #guest: LiveGuest | undefined;

  constructor(port: GuestPort<FromLane, ToLane>, abis: readonly Abi[]) {
    this.#port = port;
    this.#abis = abis;
    this.#questions = new Questions((message) => port.send(message));
    this.#functions = new FarFunctions(this.#questions);
    this.#powers = {
      now: port.now,
      monotonic: () => performance.now(),
      randomFill: pooledRandom(port.randomFill),
    };
  }

  receive(message: ToLane): void {
    switch (message.kind) {
      case "setup": {
        const { setup } = message;
        this.#setup = setup;
        const known = this.#abis.find(({ name }) => name === setup.abi);
        this.#abi = known && formOf(known, setup.shape);
        this.#control = new Int32Array(setup.control);
        return;
      }
      case "task":
        return void this.#perform(message.id, message.task, message.call);
      case "interrupt":
        if (message.id === this.#task) this.#guest?.interrupt(STOPPED);
        return;
      case "answer":
        return this.#questions.answered(message.ask, message.answer);
      case "heard":
        return this.#questions.heard(message.cost);
    }
  }

  async #perform(id: number, task: Task, wanted: LaneCall): Promise<void> {
    this.#task = id;
    this.#questions.begin(id);
    if (wanted.functions !== undefined) this.#functions.learn(wanted.functions.known);
    if ("start" in task) {
      Object.assign(this.#kept, task.start.kept);
      this.#granted = task.start.granted ?? this.#granted;
    }
    const before = { ...this.#kept };
    let outcome: WireOutcome;
    try {
      outcome = await this.#do(task, wanted);
    } catch (error) {
      this.#drop();
      outcome = this.#failed(error, "discard", undefined);
    }
    this.#publish();
    this.#finish(id, isSame(before, this.#kept) ? outcome : { ...outcome, kept: this.#kept });
  }

  #finish(id: number, outcome: WireOutcome): void {
    const { result } = outcome;
    try {
      const moved = result.ok ? wholeBuffer(result.value) : [];
      this.#port.send({ kind: "done", id, outcome }, moved);
    } catch (cause) {
      // An answer that was handed over before, say: it is the convention's to give a fresh one.
      const fault = new Fault("trap", "its answer cannot be handed over", { cause });
      const failed = this.#failed(fault, "discard", outcome.fuel);
      this.#publish();
      this.#port.send({ kind: "done", id, outcome: failed });
    }
  }

  async #do(task: Task, wanted: LaneCall): Promise<WireOutcome> {
    switch (task.kind) {
      case "describe":
        return kept(await this.#describe());
      case "start":
        this.#instance = await this.#start(this.#begin(wanted));
        return kept(undefined);
      case "invoke": {
        this.#instance ??= await this.#start(this.#begin(this.#startCall(wanted)));
        return await this.#invoke(this.#instance, task.fn, task.payload, this.#begin(wanted));
      }
      case "reset":
        this.#instance?.session.reset?.();
        return kept(undefined);
      case "end":
        await this.#end(this.#begin(wanted));
        return kept(undefined);
    }
  }

  /** A call from now on: deadlines of another thread are on another clock. */
  #begin({ budgetMs, fuel, chain, operations }: LaneCall): Call {
    const call: Call = {
      deadline: performance.now() + budgetMs,
      signal: undefined,
      chain,
      budget: { operations },
      ...fuel === undefined ? {} : { fuel },
      stopReason: () => {
        this.#publish();
        return Atomics.load(this.#control, CONTROL.stop) === this.#task ? STOPPED : undefined;
      },
    };
    return call;
  }

  /** The time of a start that comes with a call is not the call's own. */
  #startCall(wanted: LaneCall): LaneCall {
    return { ...wanted, budgetMs: this.#ready().limits.loadMs, fuel: undefined };
  }

  async #describe(): Promise<unknown> {
    const { far: _, rawTable: __, ...local } = this.#blueprint();
    const { manifest: { name }, limits } = this.#ready();
    const own = { name, limits, signal: undefined };
    return await describeItself({ ...local, powers: this.#powers }, own);
  }

  async #start(call: Call): Promise<GuestInstance> {
    this.#trees = await this.#askForTrees();
    return await startInstance(this.#blueprint(), call);
  }

  /** Looked at while a guest is made, when nothing can be suspended yet. */
  async #askForTrees(): Promise<ReadonlyMap<string, () => HostValue>> {
    const trees = new Map<string, () => HostValue>();
    for (const name of this.#granted.trees) {
      const operation = `${name}.wasi_trees`;
      const answer = await this.#questions.look({
        ...{ kind: "operation", operation, args: {}, waits: false } as const,
      });
      trees.set(operation, answer as () => HostValue);
    }
    return trees;
  }

  #blueprint(): Blueprint {
    const questions = this.#questions;
    const setup = this.#ready();
    const { module, added, linking, abi, manifest, limits, config, shape, args, env } = setup;
    const own = setup.deterministic === undefined
      ? this.#powers
      : deterministicPowers(setup.deterministic);
    const powers = farPowers(questions, own, setup.asksPowers);
    const output = farOutput(questions, setup.streams);
    const operations = operationsOf(abi, shape);
    return {
      ...{ module, added, abi },
      ...linking === undefined ? {} : { linking },
      powers,
      program: () => new Program(args, env, output),
      far: (guest) => {
        this.#guest = guest;
        return questions.serve(guest);
      },
      rawTable: farRawTable(questions, setup.raw),
      farTrees: farTrees(questions, setup.trees),
      sleep: (deadline, ms) => this.#sleep(deadline, ms),
      environment: {
        ...{ manifest, limits, config, shape },
        now: () => powers.now(),
        kept: this.#kept,
        hostFunctions: this.#functions,
        host: farHostCalls(questions, this.#granted.surface, this.#trees, () => this.#spend()),
        unknownFunction: (fn, why) => unknownFunction(fn, operations, why),
      },
    };
  }

  #ready(): Omit<LaneSetup, "abi"> & { readonly abi: Abi } {
    const [setup, abi] = [this.#setup, this.#abi];
    if (setup !== undefined && abi !== undefined) return { ...setup, abi };
    throw new Fault("unsupported", "its worker does not know its guest convention");
  }

  #spend(): void {
    if (this.#guest !== undefined) this.#guest.call.budget.operations--;
  }

  async #invoke(
    instance: GuestInstance,
    fn: string,
    payload: Payload,
    call: Call,
  ): Promise<WireOutcome> {
    const { guest, session } = instance;
    guest.call = call;
    let bytes: Uint8Array;
    try {
      bytes = await session.invoke(fn, payload);
    } catch (error) {
      const fuel = fuelOf(guest);
      const { ended } = guest;
      const reason = guest.explain(error);
      guest.program.flush();
      const usable = !ended && reason === error && reason instanceof Fault &&
        HARMLESS.has(reason.code) && sizeOf(instance) <= this.#ready().limits.memoryBytes;
      return this.#failed(reason, usable ? await this.#putBack(instance) : "discard", fuel);
    }
    const fuel = fuelOf(guest);
    guest.program.flush();
    const [size, { memoryBytes }] = [sizeOf(instance), this.#ready().limits];
    // A guest without a maximum of its own is only measured here, after the call.
    if (size > memoryBytes) return this.#failed(memoryFault(size, memoryBytes), "discard", fuel);
    const next = guest.ended ? "discard" : await this.#putBack(instance);
    if (next === "discard") this.#drop();
    return { result: { ok: true, value: bytes }, next, fuel };
  }

  async #putBack({ guest, session }: GuestInstance): Promise<Next> {
    const { abi, recycleBytes } = this.#ready();
    if (abi.instances === "fresh") {
      await session.close?.();
      this.#drop();
    }
    return guest.memory.size > recycleBytes ? "retire" : "keep";
  }

  #failed(error: unknown, next: Next, fuel: number | undefined): WireOutcome {
    if (next === "discard") this.#drop();
    const wire = encodeError(error, this.#questions.originOf);
    return { result: { ok: false, error: wire }, next, fuel };
  }

  /** Lets an unbroken guest end by its convention. */
  async #end(call: Call): Promise<void> {
    const instance = this.#instance;
    if (instance === undefined) return;
    instance.guest.call = call;
    try {
      await instance.session.close?.();
    } finally {
      this.#drop();
    }
  }

  #drop(): void {
    this.#guest?.program.end();
    this.#instance = undefined;
    this.#guest = undefined;
  }

  /** Tells every thread how much memory the guest has. */
  #publish(): void {
    const bytes = this.#instance === undefined
      ? this.#guest?.memory.size ?? 0
      : sizeOf(this.#instance);
    Atomics.store(this.#control, CONTROL.memory, Math.ceil(bytes / MEMORY_UNIT_BYTES));
  }

  /** Sleeps on the thread, until the host stops the task. */
  #sleep(deadline: number, ms: number): void {
    if (performance.now() + ms > deadline) throw new Fault("timeout");
    const seen = Atomics.load(this.#control, CONTROL.stop);
    if (seen === this.#task) throw STOPPED;
    Atomics.wait(this.#control, CONTROL.stop, seen, Math.min(ms, SLEEP_LIMIT_MS));
    if (Atomics.load(this.#control, CONTROL.stop) === this.#task) throw STOPPED;
  }
}

function kept(value: unknown): WireOutcome {
  return { result: { ok: true, value }, next: "keep", fuel: undefined };
}

/** Whether nothing was put in the place of anything. */
function isSame(before: Kept, after: Kept): boolean {
  const names = Object.keys({ ...before, ...after }) as (keyof Kept)[];
  return names.every((name) => before[name] === after[name]);
}

/** Units of fuel that the call used, where they are counted. */
function fuelOf(guest: LiveGuest): number | undefined {
  guest.takeFuel();
  return guest.call.budget.fuel;
}

/** The buffer of bytes that are all of it: it moves instead of being copied. */
function wholeBuffer(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return [];
  return value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
}
