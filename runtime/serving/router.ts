/** Finds who serves a path: WebSocket paths first, then event streams, then the first registered route. @module */

import type { ServingKind } from "../../capabilities/serving.ts";
import { segmentsOf } from "../../capabilities/route_pattern.ts";

/** One registered path. */
export interface Registration<Owner> {
  readonly owner: Owner;
  readonly kind: ServingKind;
  /** Empty for other kinds than `http`. */
  readonly method: string;
  readonly path: string;
  readonly handler: string;
}

/** A registration that a request fits, and what stands for its parameters. */
export interface Match<Owner> {
  readonly registration: Registration<Owner>;
  readonly params: { readonly [name: string]: string };
}

interface Entry<Owner> {
  readonly registration: Registration<Owner>;
  readonly segments: readonly string[];
  /** Equal for what takes the same requests, whatever the parameters are called. */
  readonly shape: string;
}

/** Registrations of every extension, in the order they were made. */
export class Router<Owner> {
  /** By kind and number of segments: no request is compared with all of them. */
  readonly #buckets = new Map<string, Entry<Owner>[]>();

  /**
   * The owner's own registration of the same kind, method and path gives way, in its place.
   *
   * @returns who registered the same first and gets its requests; the owner itself, or nobody.
   */
  add(registration: Registration<Owner>): Owner | undefined {
    const segments = segmentsOf(registration.path);
    const bucket = this.#bucket(registration.kind, segments.length);
    const entry = { registration, segments, shape: shapeOf(registration.method, segments) };
    const same = bucket.filter(({ shape }) => shape === entry.shape);
    const own = same.find((other) => other.registration.owner === registration.owner);
    if (own) bucket[bucket.indexOf(own)] = entry;
    else bucket.push(entry);
    return same[0]?.registration.owner;
  }

  /** Drops what `owner` registered, of one kind or of all. */
  drop(owner: Owner, kind?: ServingKind): void {
    for (const [key, bucket] of this.#buckets) {
      const kept = bucket.filter(({ registration }) =>
        registration.owner !== owner || (kind !== undefined && registration.kind !== kind)
      );
      if (kept.length === 0) this.#buckets.delete(key);
      else this.#buckets.set(key, kept);
    }
  }

  /** What `owner` registered. */
  of(owner: Owner): readonly Registration<Owner>[] {
    return [...this.#buckets.values()].flat().map(({ registration }) => registration)
      .filter((registration) => registration.owner === owner);
  }

  /** The first registration of that kind and method that `segments`, decoded, fit. */
  find(kind: ServingKind, method: string, segments: readonly string[]): Match<Owner> | undefined {
    for (const entry of this.#buckets.get(keyOf(kind, segments.length)) ?? []) {
      if (entry.registration.method !== method || !fits(entry.segments, segments)) continue;
      return { registration: entry.registration, params: paramsOf(entry.segments, segments) };
    }
    return undefined;
  }

  /** Methods that `segments` can be asked with, sorted. */
  methods(segments: readonly string[]): readonly string[] {
    const found = new Set<string>();
    for (const entry of this.#buckets.get(keyOf("http", segments.length)) ?? []) {
      if (fits(entry.segments, segments)) found.add(entry.registration.method);
    }
    return [...found].sort();
  }

  #bucket(kind: ServingKind, length: number): Entry<Owner>[] {
    const key = keyOf(kind, length);
    let bucket = this.#buckets.get(key);
    if (!bucket) this.#buckets.set(key, bucket = []);
    return bucket;
  }
}

function shapeOf(method: string, segments: readonly string[]): string {
  const parts = segments.map((segment) => segment.startsWith(":") ? ":" : segment);
  return `${method} ${parts.join("/")}`;
}

function keyOf(kind: ServingKind, length: number): string {
  return `${kind} ${length}`;
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((part, at) =>
    part.startsWith(":") ? segments[at] !== "" : part === segments[at]
  );
}

function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): { readonly [name: string]: string } {
  const params: Record<string, string> = Object.create(null);
  for (const [at, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = segments[at] ?? "";
  }
  return Object.freeze(params);
}
