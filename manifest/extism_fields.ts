/** Reads the fields of an Extism manifest one by one, and says what is wrong with each. @module */

import type { Finding } from "./finding.ts";
import { isObject, own } from "./freeze.ts";
import type { Json, JsonObject } from "./manifest.ts";
import type { Path } from "./path.ts";
import { closest } from "./suggest.ts";

/** A JSON value at its place in the manifest, and the list that takes what is wrong with it. */
export class Field {
  readonly value: Json | undefined;
  readonly path: Path;
  readonly #findings: Finding[];

  constructor(value: Json | undefined, path: Path, findings: Finding[]) {
    // `null` is how some writers say "not set".
    this.value = value === null ? undefined : value;
    this.path = path;
    this.#findings = findings;
  }

  /** Whether there is anything. */
  get given(): boolean {
    return this.value !== undefined;
  }

  /** Says what is wrong. */
  wrong(
    message: string,
    { severity = "error", at = "value", suggestion }: Partial<Omit<Finding, "path" | "message">> =
      {},
  ): undefined {
    this.#findings.push({ severity, path: this.path, at, message, suggestion });
    return undefined;
  }

  /** One member of an object. */
  at(key: string): Field {
    const value = isObject(this.value) ? own(this.value, key) : undefined;
    return new Field(value, [...this.path, key], this.#findings);
  }

  /** The first member of these names that is there: writers disagree about their spelling. */
  any(...keys: readonly [string, ...string[]]): Field {
    return keys.map((key) => this.at(key)).find(({ given }) => given) ?? this.at(keys[0]);
  }

  /** Its members, where it is an object; other kinds are wrong. */
  object(): JsonObject | undefined {
    if (this.value === undefined || isObject(this.value)) return this.value;
    return this.wrong("must be an object");
  }

  /** Its items, where it is a list. */
  list(): readonly Field[] | undefined {
    const { value } = this;
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.wrong("must be a list");
    return value.map((item: Json, at) => new Field(item, [...this.path, at], this.#findings));
  }

  text(): string | undefined {
    if (this.value === undefined || typeof this.value === "string") return this.value;
    return this.wrong("must be a string");
  }

  /** A number above 0: a limit of 0 would forbid everything, and is never what was meant. */
  positiveInteger(): number | undefined {
    const { value } = this;
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
    return this.wrong("must be a positive whole number");
  }

  /** Warns of members that mean nothing here. */
  only(...known: readonly string[]): void {
    for (const key of Object.keys(this.object() ?? {})) {
      if (known.includes(key)) continue;
      this.at(key).wrong("is not a key of an Extism manifest, and is ignored", {
        severity: "warning",
        at: "key",
        suggestion: closest(key, known),
      });
    }
  }
}
