/**
 * The manifests of Pulp cells, `pulp.plugin.toml` and `pulp.cell.toml`: TOML in, the same frozen
 * Manifest out that a manifest of this host gives.
 *
 * @module
 */

import { buildManifest } from "./build.ts";
import { ManifestError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { frozenObject, isObject, own } from "./freeze.ts";
import { listIssues } from "./issue_list.ts";
import type { Json, JsonObject, Manifest, PulpDeclaration } from "./manifest.ts";
import type { Inspection } from "./parse.ts";
import type { Path } from "./path.ts";
import { PULP_IMPORTS, PULP_MODULE } from "./pulp_host.ts";
import { checkShape } from "./shape.ts";
import { closest } from "./suggest.ts";
import { show } from "./printable.ts";
import { locateInToml } from "./toml_places.ts";
import { pointerOf, readToml, type TomlText } from "./toml_text.ts";

/** Names of the files, the newer form first. */
export const PULP_MANIFEST_FILES: readonly string[] = ["pulp.cell.toml", "pulp.plugin.toml"];

const PAGE_BYTES = 65_536;
/** Pages that 32-bit addresses reach. */
const PAGE_LIMIT = 65_536;
/** Unknown keys after this many get no suggestion: looking for one takes longest. */
const SUGGESTIONS = 200;
const RESTARTS = ["on_crash", "never", "always"] as const;
const HASH = /^[0-9a-f]{64}$/i;

/** Keys of both forms, and those that only a cell's has. */
const KEYS: readonly string[] = [
  ...["name", "version", "wasm", "provides", "consumes", "capabilities", "config"],
  ...["shared_memory_groups", "dedicated_thread", "snapshotable"],
  ...["federated_callers", "federated_consumes", "migratable"],
];
const CELL_KEYS: readonly string[] = [
  ...["schema_version", "depends_on", "host_consumes", "max_memory_pages", "call_timeout_ms"],
  ...["restart", "wasm_sha256"],
];

/** Where the shape's findings point: key of this host's manifest → key of the cell's. */
const WRITTEN: Readonly<Record<string, string>> = {
  module: "wasm",
  dependsOn: "depends_on",
  integrity: "wasm_sha256",
  "limits.memoryBytes": "max_memory_pages",
  "limits.timeoutMs": "call_timeout_ms",
};

/**
 * Reads the manifest of a Pulp cell and lists everything that is wrong with it, all at once. Never
 * throws for bad text.
 *
 * @param text The content of the file: TOML, at most 1 MiB of UTF-8.
 * @param source Where it comes from; a name that ends in `pulp.cell.toml` may use the newer keys.
 * @returns The manifest, deeply frozen, or `undefined`; and the issues.
 *
 * @example
 * ```ts
 * import { inspectPulpManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const { issues } = inspectPulpManifest('name = "a"\nverison = "1.0.0"', "pulp.plugin.toml");
 * assertEquals(issues.map(({ path, line }) => [path, line]), [["version", undefined], ["verison", 2]]);
 * ```
 */
export function inspectPulpManifest(
  text: string | Uint8Array,
  source: string = "pulp.plugin.toml",
): Inspection {
  const toml = readToml(text);
  const form = source.endsWith("pulp.cell.toml") ? "cell" : "plugin";
  const reader = toml.value && new PulpReader(toml, toml.value, form);
  const raw = reader?.raw();
  const declaration = reader?.declaration();
  const findings = [...toml.findings, ...reader?.findings ?? [], ...reader?.ofShape(raw) ?? []];
  const placed = [...toml.found, ...locateInToml(toml.text, findings)];
  const broken = placed.some(({ finding }) => finding.severity === "error");
  const manifest = broken || raw === undefined || declaration === undefined
    ? undefined
    : Object.freeze({ ...buildManifest(raw), pulp: declaration });
  return Object.freeze({ source, manifest, issues: listIssues(placed) });
}

/**
 * Reads the manifest of a Pulp cell that must be right.
 *
 * @param text The content of the file: TOML, at most 1 MiB of UTF-8.
 * @param source Where it comes from; a name that ends in `pulp.cell.toml` may use the newer keys.
 * @returns The manifest, deeply frozen, with its defaults filled in.
 * @throws {ManifestError} `bad-manifest` with every issue.
 *
 * @example
 * ```ts
 * import { parsePulpManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const text = 'name = "notes"\nversion = "1.0.0"\ncapabilities = [" LOG ", "log"]';
 * const manifest = parsePulpManifest(text, "pulp.plugin.toml");
 * assertEquals(manifest.module, "plugin.wasm");
 * assertEquals(manifest.capabilities?.map(({ name }) => name), ["log"]);
 * ```
 */
export function parsePulpManifest(
  text: string | Uint8Array,
  source: string = "pulp.plugin.toml",
): Manifest {
  const { manifest, issues } = inspectPulpManifest(text, source);
  if (manifest === undefined) throw new ManifestError("bad-manifest", source, issues);
  return manifest;
}

class PulpReader {
  readonly findings: Finding[] = [];
  readonly #toml: TomlText;
  readonly #value: JsonObject;
  readonly #form: PulpDeclaration["form"];
  /** Where each capability stands in the text: what is there twice is one ask. */
  readonly #capabilities = new Map<string, number>();

  constructor(toml: TomlText, value: JsonObject, form: PulpDeclaration["form"]) {
    this.#toml = toml;
    this.#value = value;
    this.#form = form;
  }

  /** The same in this host's own form. */
  raw(): JsonObject {
    this.#checkKeys();
    const pages = this.#count("max_memory_pages");
    if (pages !== undefined && pages > PAGE_LIMIT) {
      this.#wrong(["max_memory_pages"], `must be at most ${PAGE_LIMIT}: current value is ${pages}`);
    }
    const timeoutMs = this.#count("call_timeout_ms");
    const hash = this.#text("wasm_sha256")?.trim();
    if (hash !== undefined && !HASH.test(hash)) {
      this.#wrong(["wasm_sha256"], "must be a SHA-256 hash in hexadecimal");
    }
    const wasm = this.#text("wasm") ?? "";
    return {
      name: this.#required("name"),
      version: this.#required("version"),
      runtime: "wasm",
      abi: "pulp",
      module: wasm === "" ? `${this.#form}.wasm` : wasm,
      capabilities: this.#asks(),
      config: this.#config(),
      dependsOn: this.#texts("depends_on"),
      limits: {
        ...pages === undefined ? {} : { memoryBytes: pages * PAGE_BYTES },
        ...timeoutMs === undefined ? {} : { timeoutMs },
      },
      ...hash === undefined ? {} : { integrity: hash.toLowerCase() },
    };
  }

  /** What only a cell says. */
  declaration(): PulpDeclaration {
    this.#checkSchema();
    const restart = this.#text("restart") ?? "on_crash";
    const known = RESTARTS.find((word) => word === restart);
    if (known === undefined) {
      const words = RESTARTS.map((word) => `"${word}"`).join(", ");
      this.#wrong(["restart"], `must be one of ${words}: current value is ${show(restart)}`, {
        suggestion: closest(restart, RESTARTS),
      });
    }
    return Object.freeze({
      form: this.#form,
      provides: this.#texts("provides"),
      consumes: this.#texts("consumes"),
      hostConsumes: this.#hostConsumes(),
      sharedMemoryGroups: this.#texts("shared_memory_groups"),
      dedicatedThread: this.#flag("dedicated_thread"),
      snapshotable: this.#flag("snapshotable"),
      federatedCallers: this.#texts("federated_callers"),
      federatedConsumes: this.#texts("federated_consumes"),
      migratable: this.#flag("migratable"),
      restart: known ?? "on_crash",
      numbers: this.#numbers(),
    });
  }

  /** What the rules of every manifest have to say, in the words of this one. */
  ofShape(raw: JsonObject | undefined): readonly Finding[] {
    if (raw === undefined) return [];
    const wrong = new Set(this.findings.map(({ path }) => path[0]));
    return checkShape(raw).flatMap((finding) => {
      const path = this.#written(finding.path);
      // Said already, by its own name; and a number that JSON cannot hold is kept beside it.
      if (wrong.has(path[0]) && path.length === 1) return [];
      if (finding.severity === "warning" && this.#toml.numbers.has(pointerOf(path))) return [];
      return [{ ...finding, path }];
    });
  }

  #written(path: Path): Path {
    const [first, second] = path;
    if (first === "capabilities" && typeof second === "number") {
      return ["capabilities", [...this.#capabilities.values()][second] ?? second];
    }
    const two = WRITTEN[`${first}.${second}`];
    if (two !== undefined) return [two, ...path.slice(2)];
    const one = WRITTEN[String(first)];
    return one === undefined ? path : [one, ...path.slice(1)];
  }

  #wrong(path: Path, message: string, more: Partial<Finding> = {}): void {
    this.findings.push({ severity: "error", at: "value", ...more, path, message });
  }

  #checkKeys(): void {
    const isCell = this.#form === "cell";
    const known = isCell ? [...KEYS, ...CELL_KEYS] : KEYS;
    for (const key of Object.keys(this.#value)) {
      if (known.includes(key)) continue;
      const newer = !isCell && CELL_KEYS.includes(key);
      const absent = known.filter((name) => own(this.#value, name) === undefined);
      this.#wrong([key], newer ? "is a key of pulp.cell.toml" : "is not a known key", {
        at: "key",
        suggestion: newer || this.findings.length > SUGGESTIONS ? undefined : closest(key, absent),
      });
    }
  }

  #checkSchema(): void {
    const version = own(this.#value, "schema_version");
    if (version === undefined || (version === 1 && !this.#isFloat("schema_version"))) return;
    this.#wrong(["schema_version"], `must be 1: current value is ${show(version)}`);
  }

  /** A name that is there, and is something when it is trimmed. */
  #required(key: string): string {
    const text = this.#text(key)?.trim();
    if (own(this.#value, key) === undefined) this.#wrong([key], "is required", { at: "parent" });
    else if (text === "") this.#wrong([key], "must not be empty");
    return text ?? "";
  }

  #text(key: string): string | undefined {
    const value = own(this.#value, key);
    if (value === undefined || typeof value === "string") return value;
    this.#wrong([key], `must be a string: current value is ${show(value)}`);
    return undefined;
  }

  #flag(key: string): boolean {
    const value = own(this.#value, key) ?? false;
    if (typeof value === "boolean") return value;
    this.#wrong([key], `must be true or false: current value is ${show(value)}`);
    return false;
  }

  /** A whole number above 0: a limit of 0 would forbid everything. */
  #count(key: string): number | undefined {
    const value = own(this.#value, key);
    if (value === undefined) return undefined;
    if (Number.isSafeInteger(value) && Number(value) > 0 && !this.#isFloat(key)) {
      return Number(value);
    }
    this.#wrong([key], `must be a positive whole number: current value is ${show(value)}`);
    return undefined;
  }

  #isFloat(key: string): boolean {
    return this.#toml.numbers.get(pointerOf([key]))?.includes(".") ?? false;
  }

  #texts(key: string): readonly string[] {
    const value = own(this.#value, key) ?? [];
    if (!Array.isArray(value)) {
      this.#wrong([key], `must be a list: current value is ${show(value)}`);
      return [];
    }
    const texts = value.flatMap((item: Json, at) => {
      if (typeof item === "string") return [item.trim()];
      this.#wrong([key, at], `must be a string: current value is ${show(item)}`);
      return [];
    });
    return Object.freeze([...new Set(texts)]);
  }

  /** Trimmed, in lower case and each once, before anybody looks at them: so does Pulp. */
  #asks(): readonly string[] {
    const value = own(this.#value, "capabilities") ?? [];
    if (!Array.isArray(value)) {
      this.#wrong(["capabilities"], `must be a list: current value is ${show(value)}`);
      return [];
    }
    for (const [at, item] of value.entries()) {
      if (typeof item !== "string") {
        this.#wrong(["capabilities", at], `must be a string: current value is ${show(item)}`);
        continue;
      }
      const name = item.trim().toLowerCase();
      if (!this.#capabilities.has(name)) this.#capabilities.set(name, at);
    }
    return [...this.#capabilities.keys()];
  }

  #config(): JsonObject {
    const value = own(this.#value, "config") ?? {};
    if (isObject(value)) return value;
    this.#wrong(["config"], `must be a table: current value is ${show(value)}`);
    return {};
  }

  /** A cell that needs a function which no host of this kind has would only fail later. */
  #hostConsumes(): readonly string[] {
    const names = this.#texts("host_consumes");
    const prefix = `${PULP_MODULE}.`;
    const offered = Object.keys(PULP_IMPORTS);
    const listed = own(this.#value, "host_consumes");
    for (const name of names) {
      const plain = name.startsWith(prefix) ? name.slice(prefix.length) : name;
      if (Object.hasOwn(PULP_IMPORTS, plain)) continue;
      const at = Array.isArray(listed)
        ? listed.findIndex((item: Json) => typeof item === "string" && item.trim() === name)
        : 0;
      this.#wrong(["host_consumes", at], `is missing in this host: ${show(name)}`, {
        suggestion: closest(plain, offered),
      });
    }
    return names;
  }

  #numbers(): PulpDeclaration["numbers"] {
    const prefix = "/config";
    const entries = [...this.#toml.numbers]
      .filter(([pointer]) => pointer.startsWith(`${prefix}/`))
      .map(([pointer, text]) => [pointer.slice(prefix.length), text] as const);
    return frozenObject(entries, (text) => text);
  }
}
