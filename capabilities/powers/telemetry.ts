/** Audit records as OpenTelemetry spans, by Deno's own support: the one file that knows it. @module */

import type { AuditRecord, AuditSink } from "../audit.ts";

/** A span of Deno's tracer, as far as it is used. */
interface Span {
  setStatus(status: { readonly code: number; readonly message?: string }): void;
  end(time: number): void;
}

/** Deno's tracer, as far as it is used. */
interface Tracer {
  startSpan(
    name: string,
    options: {
      readonly startTime: number;
      readonly attributes: { readonly [name: string]: string };
    },
  ): Span;
}

/** OpenTelemetry's status of a span that failed. */
const ERROR = 2;

/** Outcomes that are no failure. */
const FINE: ReadonlySet<string> = new Set(["allowed", "granted"]);

/**
 * A sink that makes one span of each audit record, a child of whatever span is active, and hands the
 * record on to `next`. Where Deno's OpenTelemetry is off (`OTEL_DENO` is not set) it is `next` itself:
 * then nothing of it costs anything.
 *
 * @example
 * ```ts
 * import { telemetryAudit } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const next = () => {};
 * const audit = telemetryAudit(next);
 * assertEquals(audit === next, Deno.env.get("OTEL_DENO") !== "true");
 * // new ExtensionHost({ ...audit && { audit } })
 * ```
 */
export function telemetryAudit(next: AuditSink): AuditSink;
/** The same without another sink: `undefined` where there is no telemetry. */
export function telemetryAudit(next?: AuditSink): AuditSink | undefined;
export function telemetryAudit(next?: AuditSink): AuditSink | undefined {
  const tracer = tracerOf();
  if (!tracer) return next;
  return (record) => {
    trace(tracer, record);
    next?.(record);
  };
}

function trace(tracer: Tracer, record: AuditRecord): void {
  const { time, ms, extension, version, digest, capability, operation, summary, outcome, by } =
    record;
  const span = tracer.startSpan(`airlock ${capability}${operation === "" ? "" : `.${operation}`}`, {
    startTime: time - ms,
    attributes: {
      "airlock.extension": extension,
      "airlock.version": version,
      "airlock.digest": digest,
      "airlock.capability": capability,
      "airlock.operation": operation,
      "airlock.summary": summary,
      "airlock.outcome": outcome,
      ...by === undefined ? {} : { "airlock.by": by },
    },
  });
  if (!FINE.has(outcome)) span.setStatus({ code: ERROR, message: outcome });
  span.end(time);
}

/** Deno's tracer; `undefined` where its OpenTelemetry is off, which only starting a span tells. */
function tracerOf(): Tracer | undefined {
  const { telemetry } = Deno as unknown as {
    readonly telemetry?: {
      readonly tracerProvider?: { getTracer(name: string): Tracer };
    };
  };
  try {
    const tracer = telemetry?.tracerProvider?.getTracer("airlock");
    // a span that does not end is never sent
    tracer?.startSpan("airlock", { startTime: 0, attributes: {} });
    return tracer;
  } catch {
    return undefined;
  }
}
