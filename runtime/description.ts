/** What is told of a module before it runs: by its files, and by itself where it can. Types only. @module */

import type { DeclaredEvents } from "../capabilities/services.ts";
import type { Issue } from "../manifest/errors.ts";
import type { CapabilityAsk } from "../manifest/manifest.ts";
import type { LoadRequest } from "./contract.ts";
import type { Limits } from "./limits.ts";

/** What a module says of itself when it is asked. It decides nothing: it only asks. */
export interface SelfDescription {
  /** What it says it needs. */
  readonly capabilities: readonly CapabilityAsk[];
  /** The events it says it emits, by name. */
  readonly events: DeclaredEvents;
  /**
   * What it may use without saying that it needs it, by capability: there the operator's grant is
   * also the ask.
   */
  readonly accepts?: readonly string[];
  /** Everything it says, in the form of its convention: the registration of a GoatKit plugin. */
  readonly details?: unknown;
}

/** What an engine needs to describe a module. */
export type DescribeRequest =
  & Pick<
    LoadRequest,
    "manifest" | "source" | "limits" | "signal" | "rawImports" | "metering" | "refine"
  >
  & {
    /** Whether a module that can say what it is may run for that, without any host; default: no. */
    readonly ask?: boolean;
  };

/** A module as its files show it, before anything of it ran. */
export interface ModuleDescription {
  /** The guest convention, where there is one. */
  readonly abi?: string;
  /** Why it is taken for that convention, or for that kind of script: one reason an entry. */
  readonly evidence: readonly string[];
  /** What it imports from its host: `env.abort`, `airlock:host`. */
  readonly imports: readonly string[];
  /** What it exports, where that can be told without running it. */
  readonly exports: readonly string[];
  /** Paths of its files, the entry first. */
  readonly files: readonly string[];
  /** What it asks for by its imports, as for `LoadRequest.admit`. */
  readonly implied?: readonly CapabilityAsk[];
  /** The limits it would run under, where its convention has defaults of its own. */
  readonly limits?: Limits;
  /** What keeps it from loading, or will surprise its user. */
  readonly issues: readonly ModuleIssue[];
  /** Who answers each import, in the order of the module; for engines whose modules import by name. */
  readonly answers?: readonly DescribedImport[];
  /** What a WASM module is made of, and what a load makes of it. */
  readonly wasm?: WasmDetails;
  /** What it said of itself, where it was asked and its convention has words for that. */
  readonly described?: SelfDescription;
}

/** One import of a module, and who answers it. */
export interface DescribedImport {
  /** `module.name`; a stranger's words. */
  readonly name: string;
  /** What it is: `function`, `memory`, `global`, `table` or `tag`. */
  readonly kind: string;
  /** A function's signature; `undefined` where it is not known. */
  readonly type: string | undefined;
  /** `host`, `module` (another one that it is linked with), or `nobody`: then it cannot load. */
  readonly by: "host" | "module" | "nobody";
  /** The capability that it needs; empty where none is needed. */
  readonly capability: string;
}

/** What a WASM module is made of. */
export interface WasmDetails {
  /** Bytes of the module as it was read, and of its code. */
  readonly bytes: number;
  /** Bytes of its code section. */
  readonly codeBytes: number;
  /** Functions of its own. */
  readonly functions: number;
  /** Features of WebAssembly that it uses: `bulk-memory`, `simd`, `gc`, and so on. */
  readonly features: readonly string[];
  /** Whether it has a start section; it then runs under the limits, like any function. */
  readonly starts: boolean;
  /** Whether its work is counted. */
  readonly metered: boolean;
  /** Bytes of what is compiled instead of it; `undefined` where it is refused. */
  readonly limitedBytes: number | undefined;
  /** Its memories, in pages of 64 KiB. */
  readonly memories: readonly DescribedSize[];
  /** Its tables, in elements. */
  readonly tables: readonly DescribedSize[];
}

/** The size of a memory or a table. */
export interface DescribedSize {
  /** What it begins with. */
  readonly min: number;
  /** What the module lets it grow to; `undefined` = as far as the engine does. */
  readonly max: number | undefined;
  /** What it can grow to once it is limited; `undefined` where the module is refused. */
  readonly limit: number | undefined;
}

/** A finding about a module. */
export interface ModuleIssue extends Issue {
  /** Path of the file inside the extension; empty for the manifest. */
  readonly file: string;
}
