/** Runs the jobs of a GoatKit plugin when they are due, each at most once at a time. @module */

import { Cron } from "croner";
import type { LogLevel } from "../../capabilities/log_sink.ts";
import type { Isolation } from "../contract.ts";
import { Fault } from "../errors.ts";
import type { InvokeOptions } from "../extension.ts";
import { durationMs, type GkJob, type GkRegistration } from "../wasm/abi/gk_json.ts";

/** What jobs are run with; every extension that follows `gk` is one. */
export interface JobRunner {
  /** Calls a function. */
  invoke(fn: string, payload?: string, options?: InvokeOptions): Promise<Uint8Array>;
  /** Milliseconds that a call of it may take; no run of a job on this thread takes longer. Default: any. */
  readonly timeoutMs?: number;
  /** Where it runs; `inline` is this thread. */
  readonly isolation?: Isolation;
}

/** Options of {@linkcode GoatJobs}. */
export interface GoatJobsOptions {
  /** Takes what goes wrong with a job; default: nobody does. */
  readonly log?: (level: LogLevel, message: string) => void;
}

/** What one job did so far. */
export interface GoatJobCounts {
  /** Its identifier. */
  readonly id: string;
  /** Runs that were begun. */
  readonly runs: number;
  /** Runs that failed. */
  readonly failures: number;
  /** Times it was due while its last run was not over: then it is left out. */
  readonly skipped: number;
}

/** `@every 5m`, which is no cron expression but stands in its place. */
const EVERY = /^@every\s+(\S+)$/;
/** Shortest time between two runs: what is shorter would take all the time there is. */
const SHORTEST_MS = 1_000;
/** Jobs of one plugin: a day that never comes is looked for through all years, some 5 ms each. */
const MOST_JOBS = 100;
/** Characters of one schedule. */
const LONGEST_SCHEDULE = 256;
/** Longest time that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;
/** Longest run off this thread, where a call may not take longer: what a plugin says of itself is no limit. */
const LONGEST_RUN_MS = 5 * 60_000;
/** Milliseconds that runs under way have when they are to stop. */
const STOP_MS = 5_000;
/** And then to notice that they were. */
const ABORT_MS = 500;

/** One job that is due now and then. */
interface Scheduled extends GoatJobCounts {
  readonly job: GkJob;
  runs: number;
  failures: number;
  skipped: number;
  running: Promise<void> | undefined;
}

/**
 * The enabled jobs of a registration, running by the clock until they are stopped: cron expressions of
 * five fields, of six with seconds first, `@hourly` and the like, and `@every 5m`, in local time.
 *
 * @example
 * ```ts
 * import { ExtensionHost, GoatJobs } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const extension = await host.load("examples/conventions/gk/notes.wasm", {
 *   grants: { kv: true },
 * });
 * await using jobs = new GoatJobs(extension, await extension.as("gk").registration());
 * assertEquals(jobs.counts().map(({ id }) => id), ["sweep"]);
 * ```
 */
export class GoatJobs implements AsyncDisposable {
  readonly #runner: JobRunner;
  readonly #log: (level: LogLevel, message: string) => void;
  readonly #scheduled: readonly Scheduled[];
  readonly #timers: (() => void)[] = [];
  readonly #stop = new AbortController();
  /** Jobs that are due at once begin one after the other, and everybody else has a turn in between. */
  #turn: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  /** Schedules them at once. A job whose schedule cannot be read is logged and left out. */
  constructor(
    runner: JobRunner,
    { jobs }: Pick<GkRegistration, "jobs">,
    { log = () => {} }: GoatJobsOptions = {},
  ) {
    this.#runner = runner;
    this.#log = log;
    const enabled = jobs.filter(({ enabled }) => enabled);
    if (enabled.length > MOST_JOBS) {
      log(
        "error",
        `${enabled.length - MOST_JOBS} jobs do not run: a plugin has at most ${MOST_JOBS}`,
      );
    }
    this.#scheduled = enabled.slice(0, MOST_JOBS).flatMap((job) => this.#schedule(job));
  }

  /** What each job did so far. */
  counts(): readonly GoatJobCounts[] {
    return this.#scheduled.map(({ id, runs, failures, skipped }) => ({
      ...{ id, runs, failures, skipped },
    }));
  }

  /** Ends them: nothing is begun any more, and what is under way has 5 s. Idempotent. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#end();
  }

  /** Ends them. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    for (const stop of this.#timers.splice(0)) stop();
    const running = this.#scheduled.flatMap(({ running }) => running ?? []);
    if (running.length === 0) return;
    const late = Promise.withResolvers<void>();
    const timers = [
      setTimeout(() => this.#stop.abort(new Fault("closed")), STOP_MS),
      // a runner that does not listen is not waited for
      setTimeout(late.resolve, STOP_MS + ABORT_MS),
    ];
    await Promise.race([Promise.allSettled(running), late.promise]);
    for (const timer of timers) clearTimeout(timer);
  }

  #schedule(job: GkJob): readonly Scheduled[] {
    const scheduled: Scheduled = {
      ...{ id: job.id, job, runs: 0, failures: 0, skipped: 0, running: undefined },
    };
    const due = () => this.#due(scheduled);
    const [, every] = EVERY.exec(job.schedule) ?? [];
    try {
      this.#timers.push(every === undefined ? byCron(job.schedule, due) : byTime(every, due));
      return [scheduled];
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      this.#log("error", `job "${job.id}" does not run: its schedule ${why(job.schedule)}`);
      return [];
    }
  }

  /** A job that holds this thread holds everybody: it has what the operator lets a call have. */
  get #longestMs(): number {
    const { timeoutMs = Infinity, isolation } = this.#runner;
    return isolation === "inline" ? timeoutMs : Math.max(timeoutMs, LONGEST_RUN_MS);
  }

  #due(scheduled: Scheduled): void {
    if (this.#stopping) return;
    if (scheduled.running) {
      scheduled.skipped++;
      return;
    }
    scheduled.running = this.#run(scheduled).finally(() => scheduled.running = undefined);
  }

  async #run(scheduled: Scheduled): Promise<void> {
    const { id, job: { handler, timeout_ms: wantedMs } } = scheduled;
    await (this.#turn = this.#turn.then(() => new Promise((resolve) => setTimeout(resolve))));
    if (this.#stopping) return;
    scheduled.runs++;
    const timeoutMs = Math.min(wantedMs, this.#longestMs);
    try {
      await this.#runner.invoke(handler, "", { timeoutMs, signal: this.#stop.signal });
    } catch (error) {
      scheduled.failures++;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log("error", `job "${id}" failed: ${reason}`);
    }
  }
}

function byCron(schedule: string, due: () => void): () => void {
  if (schedule.length > LONGEST_SCHEDULE) throw new RangeError("too long");
  const cron = new Cron(schedule, due);
  return () => cron.stop();
}

function byTime(every: string, due: () => void): () => void {
  const ms = durationMs(every);
  if (ms === undefined || ms < SHORTEST_MS || ms > LONGEST_MS) throw new RangeError(every);
  const timer = setInterval(due, ms);
  return () => clearInterval(timer);
}

function why(schedule: string): string {
  return `${JSON.stringify(schedule.slice(0, 80))} is none that can be followed`;
}
