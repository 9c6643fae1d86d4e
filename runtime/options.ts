/** What an operator can say: when making a host, and at each load. @module */

import type { AuditSink } from "../capabilities/audit.ts";
import type { Clock, EventSink, RandomSource } from "../capabilities/services.ts";
import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import type { GrantOptions } from "../capabilities/grant.ts";
import type { GrantStore } from "../capabilities/grant_store.ts";
import type { RequestHandler } from "../capabilities/request.ts";
import type { LogSink } from "../capabilities/log_sink.ts";
import type { Isolation } from "../manifest/manifest.ts";
import type { GuestStreams, Runtime } from "./contract.ts";
import type { CallHandler, HostFunctionSet } from "./host_functions.ts";
import type { Hasher } from "./integrity.ts";
import type { LimitOptions } from "./limits.ts";
import type { ServingOptions } from "./serving/site.ts";
import type { NativeRegistry } from "./native/registry.ts";
import type { Abi } from "./wasm/abi/contract.ts";
import type { Determinism } from "./wasi/deterministic.ts";
import type { MemoryFiles } from "./wasi/memory_files.ts";
import type { HostPreopen } from "../capabilities/preopen.ts";

/** Options of an `ExtensionHost`. Everything has a default, and the default grants nothing. */
export interface HostOptions {
  /** Engines beside the built-in ones; of two with one name and isolation the last wins. */
  readonly runtimes?: readonly Runtime[];
  /** Native functions of this host, beside the process-wide ones. */
  readonly native?: NativeRegistry;
  /** What extensions may ask for; default: the built-in capabilities. */
  readonly capabilities?: CapabilityRegistry;
  /**
   * Grants by source: a directory under the loaded root with a closing slash (`"notes/"`), or the
   * digest of an extension (`"sha256-…"`). Never by the name that a manifest gives itself.
   */
  readonly grants?: { readonly [source: string]: GrantOptions };
  /** Limits of every extension, and the most that a load or a manifest can ask for. */
  readonly limits?: LimitOptions;
  /** The weakest isolation for extensions of this host. */
  readonly isolation?: Isolation;
  /** Takes log records of extensions and of the host; default: standard error. */
  readonly log?: LogSink;
  /** Takes one record for each decision about a capability, and one for each operation. */
  readonly audit?: AuditSink | undefined;
  /**
   * Whether `audit` also gets one record for each call into an extension, with the fuel it used: its
   * `operation` is the function, its `capability` empty. Default: no.
   */
  readonly auditCalls?: boolean;
  /** Takes events that extensions emit. */
  readonly onEvent?: EventSink;
  /**
   * Says that this program was started with `--unstable-worker-options`, where that cannot be
   * seen. A wrong `true` ends the whole process when the first worker starts.
   */
  readonly workerOptions?: boolean;
  /**
   * Child processes kept ready for the next JavaScript guest, once there was one: each takes some 10 MB
   * and makes a start take under a millisecond. Default: 1; 0 keeps none.
   */
  readonly warmProcesses?: number;
  /**
   * Decides what is asked for and neither granted nor remembered, one question at a time; no answer
   * within 60 s means no. Without it what is not granted is refused.
   */
  readonly onRequest?: RequestHandler;
  /**
   * Where answers that are to be remembered are kept and looked up, by digest: a file
   * (`"airlock.grants.json"`), or a store. Default: nothing is remembered.
   */
  readonly rememberedGrants?: string | GrantStore;
  /**
   * Directory under which each extension that is granted `fs` has one of its own, made when it is
   * first written to. Default: extensions keep no files.
   */
  readonly storageRoot?: string;
  /** Direct grants by directory under the loaded root, as in `grants`; see `LoadOptions.direct`. */
  readonly direct?: { readonly [source: string]: readonly string[] };
  /** Guest conventions of WASM modules beside the built-in ones. */
  readonly abis?: readonly Abi[];
  /** Limits of what is served, and who may pass the checks that routes name. */
  readonly serving?: ServingOptions;
}

/** Options of one inspection: those of the load that it foretells. */
export interface InspectOptions extends LoadOptions {
  /**
   * Whether a module whose convention has it say what it needs is asked, in a throw-away instance that
   * has no host; default: nothing of it runs.
   */
  readonly describe?: boolean;
}

/** Options of one load. */
export interface LoadOptions {
  /** What this extension may do; wins over the host's `grants`. */
  readonly grants?: GrantOptions;
  /** Limits of this extension, below the host's. */
  readonly limits?: LimitOptions;
  /** The weakest isolation for this extension. */
  readonly isolation?: Isolation;
  /** The engine of a module without a manifest; default: by its name's ending. */
  readonly runtime?: string;
  /** The guest convention, where it should not be detected. */
  readonly abi?: string;
  /** Laid over the manifest's configuration, key by key. */
  readonly config?: { readonly [key: string]: unknown };
  /** The expected hash of the module file; wins over the manifest's. */
  readonly integrity?: string;
  /** Compares hashes; default: SRI strings and hexadecimal SHA-256. */
  readonly hasher?: Hasher;
  /** Takes standard output of the guest by line; default: its log, at `info`. */
  readonly stdout?: (line: string) => void;
  /** Takes standard error of the guest by line; default: its log, at `warn`. */
  readonly stderr?: (line: string) => void;
  /** Takes what a WASI guest prints as bytes and at once; then its output is not the result. */
  readonly streams?: GuestStreams;
  /** Program arguments of a WASI guest. */
  readonly args?: readonly string[];
  /** Environment of a WASI guest. */
  readonly env?: { readonly [name: string]: string };
  /**
   * Directories of a WASI guest, by the names it has for them: a path of this machine is only read,
   * `{ host, write: true }` is changed too, and {@linkcode MemoryFiles} are in memory. It sees nothing
   * else of the file system but what it is granted as `fs`.
   */
  readonly preopens?: { readonly [guest: string]: string | HostPreopen | MemoryFiles };
  /**
   * Makes a WASI guest's clocks and randomness the same in every run, and its sleeping take no time.
   * `random` wins over the seed. Default: real.
   */
  readonly deterministic?: Determinism;
  /**
   * Functions of this program that the guest calls by name, where its convention has such calls
   * (Hookr, waPC); more can be added later with `extension.registerHostFunction`.
   */
  readonly hostFunctions?: HostFunctionSet;
  /** Answers every call that the guest makes by name; wins over `hostFunctions`. */
  readonly callHandler?: CallHandler;
  /** Takes the log records of this extension, instead of the host's `log`. */
  readonly log?: LogSink;
  /**
   * What time this extension is told, as `clock` and, in JavaScript, as `Date` and `performance`; a guest
   * in a worker or process sees it move when the host speaks to it. Default: the machine's.
   */
  readonly clock?: Clock;
  /** Fills bytes with what this extension gets as random ones; default: the system's source. */
  readonly random?: RandomSource;
  /**
   * Whether a WASM guest's work is counted, which is what stops its loops. `false` trusts the guest: it
   * runs as it was compiled, and only its memory is capped. `true` refuses what cannot be counted, an
   * already compiled `WebAssembly.Module`; default: counted but for those.
   */
  readonly metering?: boolean;
  /**
   * Starts a WASM guest at its first call instead of at its load; what its start functions do wrong
   * then shows there.
   */
  readonly lazy?: boolean;
  /**
   * Capabilities whose Deno permission the lane gets itself (`["net"]`): it then connects without a way
   * through the host. Only for JavaScript in workers and processes. What is lost: no record is written,
   * no quota counts, revoking does not take it back while the extension runs, and names are resolved by
   * the lane, so that one that means a private address is not noticed. Files are never direct.
   */
  readonly direct?: readonly string[];
  /**
   * Runs the SQL of a trusted extension in the host's own thread, without the cost of another one. Its
   * rights on tables and the caps on its answers stay; what is lost: nothing stops a query (an endless
   * one hangs the host for good, whatever the time limit), and its memory is the host's. Default: `false`.
   */
  readonly trustedSql?: boolean;
  /** Stops the load; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
}
