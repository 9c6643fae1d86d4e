/**
 * What extensions may ask of their host: asked by a manifest, granted by an operator, enforced and
 * written down by one broker.
 *
 * @module
 */

export { checkAsks, checkGrants, resolveGrants } from "./grant.ts";
export { asksOfGrants } from "./grant.ts";
export type {
  AskIssue,
  BoundGrant,
  CheckedGrants,
  GrantOptions,
  GrantRequest,
  ResolvedGrants,
} from "./grant.ts";
export type { Issue } from "../manifest/errors.ts";
export type { CapabilityAsk, Json, JsonObject } from "../manifest/manifest.ts";
export { formatGrant, parseGrantFlags } from "./parse_grant.ts";
export { CapabilityRegistry, registerCapability } from "./catalog.ts";
export type { CapabilityMode, CapabilityRegistryOptions, RegisteredCapability } from "./catalog.ts";
export { defineCapability } from "./capability.ts";
export type {
  Capability,
  CapabilityScope,
  ExtensionIdentity,
  HostValue,
  Operation,
  OperationArgs,
  OperationContext,
  ParsedArgs,
} from "./capability.ts";
export type {
  OfferedImport,
  RawCaller,
  RawImport,
  RawImports,
  RawMemory,
  RawType,
  RawValue,
} from "./raw_import.ts";
export { Broker, openBroker } from "./broker.ts";
export type { BrokerLimits, BrokerOptions, HostServiceOptions } from "./broker_options.ts";
export type { AuditOutcome, AuditRecord, AuditSink, DecisionSource } from "./audit.ts";
export { auditFile } from "./audit_file.ts";
export type { AuditFile, AuditFileOptions } from "./audit_file.ts";
export { telemetryAudit } from "./powers/telemetry.ts";
export { GrantStore } from "./grant_store.ts";
export type { TreeFacts, TreeOpen, TreePower } from "./powers/tree.ts";
export type { HostPreopen } from "./preopen.ts";
export type { RememberedDecision } from "./grant_store.ts";
export type { CapabilityRequest, RequestDecision, RequestHandler } from "./request.ts";
export type { AppendedFile, HostFilePower } from "./powers/host_files.ts";
export type { CallBudget, HostCallOptions, HostCalls, SurfaceOperation } from "./host_calls.ts";
export { CapabilityError, NeedsAsyncError, OperationError } from "./errors.ts";
export type {
  CapabilityErrorCode,
  CapabilityErrorDetail,
  OperationErrorCode,
  Refusal,
} from "./errors.ts";
export { formatLogRecord, standardErrorLog } from "./log_sink.ts";
export type { LogLevel, LogRecord, LogSink } from "./log_sink.ts";
export type {
  Clock,
  DeclaredEvents,
  EventSink,
  ExtensionEvent,
  ExtensionServices,
  GuestTime,
  PeerCallOptions,
  Peers,
  RandomSource,
} from "./services.ts";
export { escapeControls, shellWord } from "./escape.ts";
export type { FileFacts, FilePower, HashAlgorithm, Powers } from "./powers.ts";
export type { NetPower, PinnedClient } from "./powers/net.ts";
export type { SocksTarget } from "./powers/socks.ts";
export type { EntryFacts, OpenFile, StoragePower } from "./powers/storage.ts";
export type { ProgramFacts, ProgramPower, ProgramResult, ProgramTies } from "./powers/programs.ts";
export type { SqliteLimits, SqlitePower, SqliteSettings } from "./powers/sqlite.ts";
export type { SqliteOptions } from "./gated/sqlite.ts";
export type { HttpAnswer, Opcode, Serving, ServingKind, StreamEvent } from "./serving.ts";
export { SqlFailure } from "./sql_database.ts";
export { SqlRules } from "./sql_rules.ts";
export type {
  SqlChange,
  SqlDatabase,
  SqlFailureKind,
  SqlNumber,
  SqlParams,
  SqlProvider,
  SqlRequest,
  SqlRows,
  SqlScope,
  SqlTies,
  SqlValue,
} from "./sql_database.ts";
export type { SqlRefusal, TableRight, TableRights } from "./sql_rules.ts";
