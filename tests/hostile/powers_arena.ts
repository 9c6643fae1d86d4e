/**
 * Where guests ask for what they were not given: real servers, files and a database, with secrets beside what is
 * granted. An attacker is a file of operations, tried one after the other by a guest of every tier.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type AuditRecord,
  CapabilityRegistry,
  type Extension,
  ExtensionHost,
  type GrantOptions,
  type HostOptions,
  json,
  type NativeContext,
  NativeRegistry,
} from "../../mod.ts";
import { powers } from "../../capabilities/powers.ts";
import { type TestServer, testServer } from "../capabilities/gated/net_server.ts";
import { doorGuest } from "../conformance/capability_door.ts";
import { SCRIPT } from "../conformance/capability_script.ts";
import { DOOR } from "../conformance/door_abi.ts";
import { refusalOf } from "../../runtime/script/refusal.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";

/** What no attacker may bring home. */
const SECRET = "the-secret-of-the-operator";

/** Longer than a lane takes to start on a busy machine. */
const TIMEOUT_MS = 20_000;

/** Names of arguments, in the order of an attempt. */
const PARAMS: { readonly [operation: string]: readonly string[] } = {
  "env.get": ["name"],
  "extensions.call": ["name", "fn", "payload"],
  "fs.delete": ["path"],
  "fs.list": ["path"],
  "fs.read": ["path"],
  "fs.stat": ["path"],
  "fs.write": ["path", "bytes"],
  "kv.get": ["key"],
  "kv.set": ["key", "value"],
  "net.fetch": ["url", "init"],
  "run.start": ["command", "options"],
  "sqlite.exec": ["sql", "params"],
  "sqlite.query": ["sql", "params"],
  "var.get": ["key"],
};

/** One file of attempts. */
export interface Attacker {
  /** Its file. */
  readonly name: string;
  /** Of the corpus. */
  readonly items: string;
  readonly claim: string;
  /** Operations and their arguments. */
  readonly attempts: readonly (readonly [operation: string, ...args: unknown[]])[];
  /** Codes that an attempt may end with; `ok` where what it gives is no loot. */
  readonly ends: readonly string[];
  /** Grants in the place of the arena's own. */
  readonly grants?: { readonly [capability: string]: unknown };
  /** Whether requests may reach the other server; without their credentials. */
  readonly reaches?: boolean;
}

/** The attackers in a folder beside this file, by name. */
export async function attackersIn(folder: string): Promise<readonly Attacker[]> {
  const all: Attacker[] = [];
  const place = new URL(`./${folder}/`, import.meta.url);
  for await (const { name } of Deno.readDir(place)) {
    all.push({ name, ...JSON.parse(await Deno.readTextFile(new URL(name, place))) });
  }
  return all.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** A way to run the guest that tries. */
interface Tier {
  readonly tier: string;
  readonly manifest: { readonly [key: string]: unknown };
  readonly files: { readonly [path: string]: string | Uint8Array };
  readonly host?: Partial<HostOptions>;
}

const NAME = "attacker";

async function tiers(): Promise<readonly Tier[]> {
  const native = new NativeRegistry().register(`${NAME}:ask`, askNatively, { codec: json });
  const script = { module: "ask.js", exports: ["ask"] };
  const js = { manifest: { runtime: "js", ...script }, files: { "ask.js": SCRIPT } };
  const wasm = {
    manifest: { runtime: "wasm", module: "ask.wasm", abi: DOOR.name, exports: ["ask"] },
    files: { "ask.wasm": await doorGuest() },
  };
  return [
    { tier: "wasm", ...wasm, host: { abis: [DOOR] } },
    { tier: "wasm worker", ...wasm, host: { abis: [DOOR], isolation: "worker" } },
    { tier: "quickjs", manifest: { runtime: "quickjs", ...script }, files: { "ask.js": SCRIPT } },
    { tier: "worker", ...js, host: { isolation: "worker" } },
    { tier: "process", ...js, host: { isolation: "process" } },
    {
      tier: "native",
      manifest: { runtime: "native", exports: ["ask"] },
      files: {},
      host: { native },
    },
  ];
}

interface Request {
  readonly operation: string;
  readonly args: readonly unknown[];
}

async function askNatively(
  { operation: name, args }: Request,
  { airlock }: NativeContext,
): Promise<unknown> {
  const dot = name.lastIndexOf(".");
  const run = airlock[name.slice(0, dot)]?.[name.slice(dot + 1)];
  if (!run) return { code: "absent" };
  try {
    return { code: "ok", value: await run(...args as never[]) };
  } catch (error) {
    return JSON.parse(refusalOf(error));
  }
}

/** Registers a test for each attacker, with a step for each tier. */
export function withstandAll(attackers: readonly Attacker[]): void {
  for (const attacker of attackers) {
    Deno.test(`hostile ${attacker.items}: ${attacker.claim}`, async (t) => {
      for (const tier of await tiers()) {
        await t.step(`${attacker.name} against ${tier.tier}`, async () => {
          await using arena = await Arena.open(tier, attacker);
          await arena.withstand();
        });
      }
    });
  }
}

/** One attacker in one tier. */
class Arena implements AsyncDisposable {
  readonly #attacker: Attacker;
  readonly #directory: TemporaryDirectory;
  readonly #granted: TestServer;
  readonly #other: TestServer;
  readonly #audit: AuditRecord[] = [];
  readonly #host: ExtensionHost;
  readonly #tier: Tier;

  static async open(tier: Tier, attacker: Attacker): Promise<Arena> {
    const directory = await temporaryDirectory({
      "outside/secret.txt": SECRET,
      "outside/place/plain.txt": "plain",
      [`storage/${NAME}/data/note.txt`]: "note",
      [`storage/${NAME}/private/key.txt`]: SECRET,
      "storage/victim/data/note.txt": SECRET,
    });
    const at = (path: string) => join(directory.path, path);
    const data = (name: string) => at(`storage/${NAME}/data/${name}`);
    await Deno.symlink(at("outside/secret.txt"), data("link"));
    await Deno.symlink("../../../outside", data("away"));
    await Deno.symlink("../private/key.txt", data("beside"));
    await Deno.symlink(at("outside/made.txt"), data("dangling"));
    await Deno.symlink("loop", data("loop"));
    await Deno.symlink("/proc/self", data("self"));
    await Deno.symlink("/dev/zero", data("zero"));
    await Deno.link(at("outside/secret.txt"), data("hard"));
    await Deno.symlink("../secret.txt", at("outside/place/link"));
    await Deno.symlink("..", at("outside/place/up"));
    const made = await new Deno.Command("mkfifo", { args: [data("pipe")] }).output();
    assert(made.success);
    return new Arena(tier, attacker, directory);
  }

  private constructor(tier: Tier, attacker: Attacker, directory: TemporaryDirectory) {
    this.#tier = tier;
    this.#attacker = attacker;
    this.#directory = directory;
    this.#granted = testServer();
    this.#other = testServer();
    const net = {
      ...powers.net,
      // public names that mean this machine
      resolve: () => Promise.resolve(["127.0.0.1"]),
    };
    this.#host = new ExtensionHost({
      log: () => {},
      audit: (record) => void this.#audit.push(record),
      capabilities: new CapabilityRegistry({ powers: { ...powers, net } }),
      storageRoot: join(directory.path, "storage"),
      limits: { timeoutMs: TIMEOUT_MS },
      ...tier.host,
    });
  }

  async withstand(): Promise<void> {
    const { attempts, ends, reaches, claim } = this.#attacker;
    assert(attempts.length > 0 && claim !== "");
    const extension = await this.#load();
    for (const attempt of attempts) {
      const [operation, ...args] = JSON.parse(this.#filled(JSON.stringify(attempt)));
      const names = PARAMS[operation];
      assert(names, operation);
      const named = Object.fromEntries(args.map((arg: unknown, at: number) => [names[at], arg]));
      const before = this.#audit.length;
      const answer = await extension.call("ask", { operation, args, named }) as {
        readonly code: string;
      };
      const what = `${JSON.stringify(attempt).slice(0, 200)} ended with ${answer.code}`;
      assert(ends.includes(answer.code), what);
      const told = JSON.stringify(answer);
      assert(!told.includes(SECRET), `${what}: it learned the secret`);
      assert(!told.includes("hello"), `${what}: it learned what the other server says`);
      // whatever came of it is written down, once
      assertEquals(this.#audit.length, before + 1, what);
    }
    await this.#unharmed(reaches === true);
  }

  async #unharmed(reaches: boolean): Promise<void> {
    if (!reaches) assertEquals(this.#other.seen, [], "it reached the other server");
    for (const { headers } of this.#other.seen) {
      for (const name of ["authorization", "cookie", "proxy-authorization"]) {
        assertEquals(headers[name], undefined, "it sent credentials on");
      }
    }
    for (const { headers } of this.#granted.seen) assertEquals(headers["x-smuggled"], undefined);
    const outside = join(this.#directory.path, "outside");
    assertEquals(await Deno.readTextFile(join(outside, "secret.txt")), SECRET);
    const names = [...Deno.readDirSync(outside)].map(({ name }) => name).sort();
    assertEquals(names, ["place", "secret.txt"]);
    const victim = join(this.#directory.path, "storage/victim/data/note.txt");
    assertEquals(await Deno.readTextFile(victim), SECRET);
    const note = join(this.#directory.path, `storage/${NAME}/data/note.txt`);
    assertEquals(await Deno.readTextFile(note), "note");
    await Promise.all([this.#granted.quiet(), this.#other.quiet()]);
    // the next call is served
    const extension = this.#host.get(NAME);
    const request = { operation: "kv.get", args: ["none"], named: { key: "none" } };
    assertEquals((await extension?.call("ask", request) as { code: string }).code, "ok");
  }

  async #load(): Promise<Extension> {
    const { grants } = this.#attacker;
    const granted = {
      net: { hosts: ["@@GRANTED_HOST@@"] },
      fs: { read: ["data"], write: ["data"] },
      sqlite: { tables: { notes: "rw" } },
      kv: true,
      env: { names: ["AIRLOCK_NONE"] },
      extensions: { names: ["nobody"] },
      run: { executables: ["/bin/true"] },
      ...grants,
    };
    const capabilities = ["net", "fs", "sqlite", "kv", "env", "extensions", {
      name: "run",
      executables: ["/bin/true"],
    }];
    const { manifest, files } = this.#tier;
    await this.#directory.write({
      [`extensions/${NAME}/extension.json`]: { name: NAME, capabilities, ...manifest },
      ...Object.fromEntries(
        Object.entries(files).map(([path, content]) => [`extensions/${NAME}/${path}`, content]),
      ),
    });
    const loaded = await this.#host.loadDir(join(this.#directory.path, "extensions"), {
      grants: JSON.parse(this.#filled(JSON.stringify(granted))) as GrantOptions,
    });
    for (const { error } of loaded.failures) throw error;
    const extension = loaded.get(NAME);
    assert(extension);
    return extension;
  }

  #filled(text: string): string {
    return text
      .replaceAll("@@GRANTED_HOST@@", `127.0.0.1:${this.#granted.port}`)
      .replaceAll("@@GRANTED@@", this.#granted.origin)
      .replaceAll("@@GRANTED_PORT@@", String(this.#granted.port))
      .replaceAll("@@OTHER_HOST@@", `127.0.0.1:${this.#other.port}`)
      .replaceAll("@@OTHER@@", this.#other.origin)
      .replaceAll("@@OTHER_PORT@@", String(this.#other.port))
      .replaceAll("@@OUTSIDE@@", join(this.#directory.path, "outside"))
      .replaceAll("@@STORAGE@@", join(this.#directory.path, "storage"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.close();
    await this.#granted[Symbol.asyncDispose]();
    await this.#other[Symbol.asyncDispose]();
    await this.#directory[Symbol.asyncDispose]();
  }
}
