/** Audit records as lines of JSON at the end of a file. @module */

import type { AuditRecord, AuditSink } from "./audit.ts";
import { type AppendedFile, type HostFilePower, hostFiles } from "./powers/host_files.ts";

/** Options of {@linkcode auditFile}. */
export interface AuditFileOptions {
  /** Records that wait to be written at most; default 10,000: a slow disk must not fill memory. */
  readonly queue?: number;
  /**
   * What becomes of a record when the queue is full: `refuse` makes its operation fail, so that nothing
   * is done that is not written down; `drop` loses the record and counts it. Default: `refuse`.
   */
  readonly onFull?: "refuse" | "drop";
}

/** An open audit file. */
export interface AuditFile extends AsyncDisposable {
  /** What `HostOptions.audit` takes. It throws once the file failed or was closed. */
  readonly sink: AuditSink;
  /** Records that were dropped. */
  readonly dropped: number;
  /** Waits until every record so far is written. @throws what writing failed with. */
  flush(): Promise<void>;
  /** Writes what waits, makes the disk keep it, and closes the file. Idempotent. */
  close(): Promise<void>;
}

const QUEUE = 10_000;
/** Characters that JSON leaves as they are, and a terminal or a reader of lines does not. */
const UNSHOWN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A record as one line of JSON, with its end; only ASCII control characters end or steer anything. */
export function auditLine(record: AuditRecord): string {
  const text = JSON.stringify(record).replace(UNSHOWN, (mark) => {
    let escaped = "";
    for (let at = 0; at < mark.length; at++) {
      escaped += `\\u${mark.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
  return `${text}\n`;
}

/**
 * Opens a file that audit records are written to, one line of JSON each, behind what it has already.
 * It is made for its owner only. Records are written soon, and all of them when it is closed: close it
 * after the host.
 *
 * @throws {RangeError} for a queue that holds nothing.
 * @throws what opening the file fails with.
 *
 * @example
 * ```ts
 * import { auditFile, ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const dir = await Deno.makeTempDir();
 * {
 *   await using audit = await auditFile(`${dir}/audit.jsonl`);
 *   await using host = new ExtensionHost({ audit: audit.sink });
 *   await host.load({
 *     manifest: { name: "notes", runtime: "quickjs", module: "n.js", capabilities: ["kv"] },
 *     files: { "n.js": "function f() {}" },
 *   }, { grants: { kv: true } });
 * }
 * const [line = ""] = (await Deno.readTextFile(`${dir}/audit.jsonl`)).split("\n");
 * const { extension, capability, outcome, by } = JSON.parse(line);
 * assertEquals([extension, capability, outcome, by], ["notes", "kv", "granted", "grants"]);
 * await Deno.remove(dir, { recursive: true });
 * ```
 */
export async function auditFile(
  path: string,
  options: AuditFileOptions = {},
  files: HostFilePower = hostFiles,
): Promise<AuditFile> {
  const { queue = QUEUE, onFull = "refuse" } = options;
  if (!(queue >= 1)) {
    throw new RangeError(
      `Cannot open an audit file as its queue must be positive: current value is ${queue}`,
    );
  }
  return new JsonLines(path, await files.append(path), queue, onFull === "drop");
}

class JsonLines implements AuditFile {
  readonly sink: AuditSink;
  readonly #path: string;
  readonly #file: AppendedFile;
  readonly #limit: number;
  readonly #drops: boolean;
  #waiting: string[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, file: AppendedFile, limit: number, drops: boolean) {
    this.#path = path;
    this.#file = file;
    this.#limit = limit;
    this.#drops = drops;
    this.sink = (record) => this.#add(record);
  }

  get dropped(): number {
    return this.#dropped;
  }

  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(record: AuditRecord): void {
    const why = this.#closing
      ? "it is closed"
      : this.#failure
      ? "writing to it failed"
      : this.#waiting.length < this.#limit
      ? undefined
      : `${this.#limit} records wait already`;
    if (why === undefined) {
      this.#waiting.push(auditLine(record));
      this.#writing ??= this.#write();
    } else if (this.#drops) this.#dropped++;
    else throw new TypeError(`Cannot write an audit record to "${this.#path}" as ${why}`);
  }

  async #write(): Promise<void> {
    try {
      // what comes in the same turn is written together
      await Promise.resolve();
      while (this.#waiting.length > 0) {
        const lines = this.#waiting;
        this.#waiting = [];
        await this.#file.write(lines.join(""));
      }
    } catch (error) {
      this.#failure = { error };
      this.#dropped += this.#waiting.length;
      this.#waiting = [];
    } finally {
      this.#writing = undefined;
    }
  }

  async #close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }
}
