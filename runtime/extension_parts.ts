/** What an extension is put together from, and what it tells of itself: types only. @module */

import type { Broker } from "../capabilities/broker.ts";
import type { Isolation, Manifest } from "../manifest/manifest.ts";
import type { Module } from "./contract.ts";
import type { ExtensionGrants } from "./extension_grants.ts";
import type { HostFunctionTable } from "./host_functions.ts";
import type { Limits } from "./limits.ts";

/** Counters of one extension since it was loaded. */
export interface ExtensionStats {
  /** Calls begun. */
  readonly calls: number;
  /** Calls that failed. */
  readonly failures: number;
  /** Calls in flight now. */
  readonly active: number;
  /** Instances or realms that replaced a discarded one. */
  readonly restarts: number;
  /** Bytes of guest memory in use; 0 where that cannot be told. */
  readonly memoryBytes: number;
  /** Units of fuel that calls used; 0 where they are not counted. */
  readonly fuel: number;
  /** Units of fuel that the call used which ended last. */
  readonly lastFuel: number;
}

/** What `ExtensionHost` puts together for one extension. */
export interface ExtensionParts {
  readonly manifest: Manifest;
  readonly module: Module;
  readonly engine: string;
  readonly isolation: Isolation;
  readonly digest: string;
  readonly limits: Limits;
  /** The most milliseconds that a caller may ask for. */
  readonly timeoutCap: number;
  readonly broker: Broker;
  readonly grants: ExtensionGrants;
  readonly hostFunctions: HostFunctionTable;
  /** Runs once when the extension closes, after its module. */
  readonly onClose: () => void;
}
