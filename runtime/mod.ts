/**
 * Engines, extensions and the host that loads them.
 *
 * @module
 */

export { bytes, type Codec, json, msgpack, text } from "./codec.ts";
export type {
  Call,
  DescribedImport,
  DescribedSize,
  DescribeRequest,
  DirectGrants,
  ExtismAnswer,
  ExtismBlocks,
  ExtismBlocksOfCall,
  GuestOutput,
  GuestStreams,
  HostCalls,
  HostFunction,
  HostFunctionAnswer,
  HostFunctionContext,
  HostFunctionOrigin,
  HostFunctions,
  Isolation,
  LoadRequest,
  Module,
  ModuleDescription,
  ModuleIssue,
  Payload,
  Runtime,
  SelfDescription,
  Traits,
  WasmDetails,
} from "./contract.ts";
export type {
  ProtocolExecuteOptions,
  ProtocolInfo,
  ProtocolPlugin,
} from "./drivers/protocol_plugin.ts";
export {
  type ProtocolDirectoryOptions,
  type ProtocolHost,
  ProtocolRegistry,
} from "./drivers/protocol_registry.ts";
export type {
  Driven,
  Driver,
  DriverContext,
  DriverSettings,
  HttpRequestEvent,
  Inbox,
  InboxKind,
  Pairs,
  ServingEvent,
  WsCloseEvent,
  WsFrameEvent,
  WsOpenEvent,
} from "./drivers/driver.ts";
export type { DriverTable } from "./drivers/drivers.ts";
export { ExtensionError, type ExtensionErrorCode, Fault } from "./errors.ts";
export type { CallOptions, Extension, ExtensionStats, InvokeOptions } from "./extension.ts";
export {
  type ExtismFunction,
  extismFunction,
  type ExtismFunctionOptions,
} from "./extism_function.ts";
export { ExtensionHost } from "./host.ts";
export type { LoadedDirectory, LoadFailure } from "./loaded_directory.ts";
export {
  type CallHandler,
  hostFunction,
  type HostFunctionOptions,
  type HostFunctionSet,
} from "./host_functions.ts";
export type { ExtensionGrants } from "./extension_grants.ts";
export { hostPermissions } from "./host_permissions.ts";
export type {
  HostPermissionOptions,
  HostPermissions,
  PermissionReason,
} from "./host_permissions.ts";
export type { DescribedAsk, ExtensionDescription } from "./inspect.ts";
export { type Hasher, integrityHasher, noHasher, sha256Hasher } from "./integrity.ts";
export { DEFAULT_LIMITS, type LimitOptions, type Limits, OFF_THREAD_TIMEOUT_MS } from "./limits.ts";
export { loadManifest, type LoadTarget, type NamedBytes, type NamedFiles } from "./locate.ts";
export type { ExtismManifestObject, ExtismWasm } from "./locate_extism.ts";
export {
  type Airlock,
  type AirlockNode,
  type NativeContext,
  type NativeEntry,
  type NativeFunction,
  type NativeLog,
  NativeRegistry,
  type NativeValueFunction,
  registerNative,
  type RegisterNativeOptions,
} from "./native/registry.ts";
export type { HostOptions, InspectOptions, LoadOptions } from "./options.ts";
export type { Determinism } from "./wasi/deterministic.ts";
export { MemoryFiles } from "./wasi/memory_files.ts";
export type { MemoryFilesOptions } from "./wasi/memory_files.ts";
export { type IsolationWish, RuntimeRegistry } from "./registry.ts";
export { DEFAULT_SERVING_LIMITS, type ServingLimits } from "./serving/limits.ts";
export type { Served, ServeOptions } from "./serving/serve.ts";
export type { ServedExtension, ServingOptions } from "./serving/site.ts";
export type { TenantCounts } from "./serving/tenant.ts";
export type { LinkedFile, Source } from "./source.ts";
export type {
  ApiqubeCallOptions,
  ApiqubeEvent,
  ApiqubeExecuteOptions,
  ApiqubeInput,
  ApiqubePlugin,
} from "./views/apiqube.ts";
export type { ExtismPlugin } from "./views/extism.ts";
export type { GoatPlugin } from "./views/gk.ts";
export type { PulpCell, PulpEvent, PulpProbes } from "./views/pulp.ts";
export type { ViewedExtension, ViewName, Views } from "./views/view.ts";
export {
  type Abi,
  type AbiEnvironment,
  type ExportNeed,
  type ExportShape,
  type Guest,
  type GuestFunction,
  type GuestMemory,
  type GuestProgram,
  type HostFunction as ImportFunction,
  type ImportShape,
  type ImportTable,
  type Instances,
  type Kept,
  LIFECYCLE_EXPORTS,
  type ModuleShape,
  type Session,
  type WasmValue,
} from "./wasm/abi/contract.ts";
export { startWasmLane, type WasmLaneOptions } from "./wasm/lane/session.ts";
export { pack, type Packed, unpack } from "./memory.ts";
export type {
  ApiqubeEventSchema,
  ApiqubeField,
  ApiqubeFieldError,
  ApiqubeInfo,
  ApiqubeOutput,
  ApiqubeWireEvent,
} from "./wasm/abi/apiqube_json.ts";
export { type GoatHost, goatHost } from "./goat_host.ts";
export type {
  GkCacheEntry,
  GkEmail,
  GkHttpRequest,
  GkPhrase,
  GkPluginCall,
  GkStatement,
} from "./wasm/abi/gk_calls_json.ts";
export type {
  GkErrorCode,
  GkI18n,
  GkJob,
  GkMenuItem,
  GkRegistration,
  GkRoute,
  GkTemplate,
  GkWidget,
} from "./wasm/abi/gk_json.ts";
export {
  type GoatJobCounts,
  GoatJobs,
  type GoatJobsOptions,
  type JobRunner,
} from "./drivers/gk_jobs.ts";
