/** Opening brokers the way the host does: asks and grants through the real decision. @module */

import type { Json, JsonObject } from "../../manifest/manifest.ts";
import type { AuditRecord } from "../../capabilities/audit.ts";
import { type Broker, openBroker } from "../../capabilities/broker.ts";
import type { BrokerOptions } from "../../capabilities/broker_options.ts";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { type GrantOptions, resolveGrants } from "../../capabilities/grant.ts";
import type { LogRecord } from "../../capabilities/log_sink.ts";
import type { ExtensionEvent } from "../../capabilities/services.ts";
import type { CapabilityAsk } from "../../manifest/manifest.ts";

/** An ask, as a manifest's parser makes it. */
export function ask(name: string, args: JsonObject = {}, optional = false): CapabilityAsk {
  return { name, args, optional, reason: "" };
}

export interface OpenOptions extends Partial<Omit<BrokerOptions, "grants">> {
  readonly asks?: readonly CapabilityAsk[];
  readonly granted?: GrantOptions;
  readonly registry?: CapabilityRegistry;
  readonly name?: string;
}

/** A broker, and everything it told. */
export interface Opened extends AsyncDisposable {
  readonly broker: Broker;
  readonly audit: AuditRecord[];
  readonly log: LogRecord[];
  readonly events: ExtensionEvent[];
  sync(operation: string, args?: { readonly [name: string]: unknown }): Json;
}

/** Opens a broker with recording sinks. */
export async function open(
  { asks = [], granted = {}, registry = new CapabilityRegistry(), name = "notes", ...rest }:
    OpenOptions = {},
): Promise<Opened> {
  const audit: AuditRecord[] = [];
  const log: LogRecord[] = [];
  const events: ExtensionEvent[] = [];
  const broker = await openBroker({
    extension: { name, version: "1.2.0", digest: "sha256-x" },
    grants: resolveGrants({ extension: name, asks, granted, registry }),
    audit: (record) => void audit.push(record),
    log: (record) => void log.push(record),
    onEvent: (event) => void events.push(event),
    ...rest,
  });
  return {
    broker,
    audit,
    log,
    events,
    sync: (operation, args = {}) => broker.calls.callSync(operation, args as never) as Json,
    [Symbol.asyncDispose]: () => broker.close(),
  };
}
