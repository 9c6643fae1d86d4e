/** Decisions that outlive a run: what an operator granted or refused to exactly these bytes. @module */

import { frozenCopy } from "../manifest/freeze.ts";
import type { JsonObject } from "../manifest/manifest.ts";
import { excerpt } from "./escape.ts";
import { type HostFilePower, hostFiles } from "./powers/host_files.ts";
import { readGrants, type StoredGrants, writeGrants } from "./grant_file.ts";

/** Arguments of a grant, `true` for what was asked without any, `false` for a refusal. */
export type RememberedDecision = boolean | JsonObject;

/** Largest file that is read: a file that was swapped must not fill the memory. */
const FILE_BYTES = 1024 * 1024;
/** Longest name that stands beside a digest. */
const NAME_LIMIT = 64;

/**
 * A file of decisions by digest. A digest covers the manifest and every file, so whatever changes in
 * an extension, it is asked for again.
 *
 * The file is authority: who can write it can grant. It is made for its owner only, and one that
 * others may write is refused. Keep it where no extension may write.
 *
 * @example
 * ```ts
 * import { GrantStore } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const dir = await Deno.makeTempDir();
 * const digest = `sha256-${"0".repeat(64)}`;
 * const store = new GrantStore(`${dir}/airlock.grants.json`);
 * await store.remember(digest, "notes", "env", { names: ["LANG"] });
 * assertEquals(await store.recall(digest, "env"), { names: ["LANG"] });
 * assertEquals(await store.recall(digest, "net"), undefined);
 * await Deno.remove(dir, { recursive: true });
 * ```
 */
export class GrantStore {
  /** The file. */
  readonly path: string;
  readonly #files: HostFilePower;
  /** Saving reads the file again first: two of them must not overtake each other. */
  #saving: Promise<unknown> = Promise.resolve();

  /** Nothing is read before the first question. */
  constructor(path: string, files: HostFilePower = hostFiles) {
    this.path = path;
    this.#files = files;
  }

  /**
   * The decision about `capability` for the extension with that digest, frozen; `undefined` when there
   * is none. The file is read each time: what was taken out of it by hand counts at once.
   *
   * @throws {TypeError} when the file is not one of this kind, or others may write it.
   */
  async recall(digest: string, capability: string): Promise<RememberedDecision | undefined> {
    return (await this.#load()).get(digest)?.decisions.get(capability);
  }

  /**
   * Keeps a decision. `name` stands beside it for people only.
   *
   * @throws {TypeError} as `recall`; and when the digest is not one.
   */
  remember(
    digest: string,
    name: string,
    capability: string,
    decision: RememberedDecision,
  ): Promise<void> {
    return this.#change((grants) => {
      const decisions = new Map(grants.get(digest)?.decisions);
      const kept = typeof decision === "boolean" ? decision : frozenCopy(decision) as JsonObject;
      grants.set(digest, {
        name: excerpt(name, NAME_LIMIT),
        decisions: decisions.set(capability, kept),
      });
    });
  }

  /**
   * Takes out everything about one digest, or one decision of it.
   *
   * @throws {TypeError} as `recall`.
   */
  forget(digest: string, capability?: string): Promise<void> {
    return this.#change((grants) => {
      const found = grants.get(digest);
      if (!found) return;
      const decisions = new Map(found.decisions);
      if (capability !== undefined) decisions.delete(capability);
      if (capability === undefined || decisions.size === 0) grants.delete(digest);
      else grants.set(digest, { ...found, decisions });
    });
  }

  async #load(): Promise<StoredGrants> {
    const text = await this.#files.read(this.path, FILE_BYTES);
    return text === undefined ? new Map() : readGrants(text, this.path);
  }

  #change(change: (grants: StoredGrants) => void): Promise<void> {
    const saved = this.#saving.then(async () => {
      const grants = await this.#load();
      change(grants);
      await this.#files.replace(this.path, writeGrants(grants, this.path));
    });
    this.#saving = saved.catch(() => {});
    return saved;
  }
}
