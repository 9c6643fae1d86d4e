/** Where JavaScript attackers run: beside a victim, with a secret outside their directory and a server that counts. @module */

import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { CapabilityError, ExtensionError, ExtensionHost, standardErrorLog } from "../../mod.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";

/** What no attacker may bring home, and nobody may find in a log. */
const SECRET = "the-secret-of-the-operator";

/** Milliseconds of a call: endless attackers use them up. */
const TIMEOUT_MS = 400;
/** What stopping a call may take beyond that on a busy machine. */
const STOP_MS = 3_000;
const MEMORY_BYTES = 96 * 1024 * 1024;

const ATTACKERS = new URL("./javascript/", import.meta.url);
const TIERS = ["quickjs", "worker", "process"] as const;
const HEAD = /^\/\/ hostile ([\d, ]+): (.+)\n\/\/ ends: (.+)\n(?:\/\/ tiers: (.+)\n)?/;

/** Where JavaScript runs that nobody trusts. */
export type Tier = typeof TIERS[number];

/** One attacker and what it says of itself. */
export interface Attacker {
  /** Its file. */
  readonly name: string;
  /** Of the corpus. */
  readonly items: string;
  readonly claim: string;
  /** How it may end: `nothing` = it got nothing, `value` = what it gives is no loot; else the code it fails with. */
  readonly ends: readonly string[];
  readonly tiers: readonly Tier[];
  readonly text: string;
}

/** All attackers, by the number of their item. */
export async function attackers(): Promise<readonly Attacker[]> {
  const all: Attacker[] = [];
  for await (const { name } of Deno.readDir(ATTACKERS)) {
    const text = await Deno.readTextFile(new URL(name, ATTACKERS));
    const [, items = "", claim = "", ends = "", tiers] = HEAD.exec(text) ?? [];
    assert(items !== "", `${name} does not say what it is`);
    const where = TIERS.filter((tier) => tiers === undefined || tiers.split(" ").includes(tier));
    all.push({ name, items, claim, ends: ends.split(" "), tiers: where, text });
  }
  return all.sort((a, b) => parseInt(a.items) - parseInt(b.items) || (a.name < b.name ? -1 : 1));
}

/** A host with a victim, for attackers of one tier. */
export class Arena implements AsyncDisposable {
  readonly #tier: Tier;
  readonly #directory: TemporaryDirectory;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #host: ExtensionHost;
  #requests = 0;
  #log = "";

  /** Opens one. */
  static async open(tier: Tier): Promise<Arena> {
    const directory = await temporaryDirectory({
      "outside/secret.json": { secret: SECRET },
      "outside/secret.mjs": `export const secret = ${JSON.stringify(SECRET)};`,
      "victim/index.js": `const secret = ${
        JSON.stringify(SECRET)
      }; exports.ping = () => "pong"; exports.secret = secret;`,
      "victim/extension.json": manifest("victim", tier, "index.js"),
    });
    const arena = new Arena(tier, directory);
    await arena.#host.load(join(directory.path, "victim"), arena.#options());
    return arena;
  }

  private constructor(tier: Tier, directory: TemporaryDirectory) {
    this.#tier = tier;
    this.#directory = directory;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      this.#requests++;
      return new Response(`export default ${JSON.stringify(SECRET)}`, {
        headers: { "content-type": "text/javascript" },
      });
    });
    this.#host = new ExtensionHost({
      log: standardErrorLog((line) => void (this.#log += line)),
      limits: { loadMs: TIMEOUT_MS * 5 },
    });
  }

  /** Lets the attacker try, and looks whether anything came of it. */
  async withstand(attacker: Attacker): Promise<void> {
    const start = performance.now();
    const { end, told } = await this.#run(attacker);
    const took = performance.now() - start;
    assert(took < TIMEOUT_MS * 6 + STOP_MS, `it took ${took} ms`);
    assert(
      attacker.ends.includes(end),
      `it ended with ${end}, not with ${attacker.ends.join(" or ")}: ${told.slice(0, 300)}`,
    );
    assertEquals(this.#requests, 0, "it reached the server");
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(this.#log), "it wrote control characters");
    for (const text of [told, this.#log]) {
      assert(!text.includes(SECRET), "it learned the secret");
      if (/@@\w+_(?:PATH|URL)@@/.test(attacker.text)) continue; // it was told a path itself
      assert(!text.includes(this.#directory.path), "it learned a path of the host");
    }
    this.#log = "";
    const victim = this.#host.get("victim");
    assertEquals(await victim?.call("ping", null, { timeoutMs: 5_000 }), "pong");
  }

  async #run(attacker: Attacker): Promise<{ readonly end: string; readonly told: string }> {
    const extension = attacker.name.slice(attacker.name.lastIndexOf("."));
    const directory = join(this.#directory.path, "attacker");
    await this.#directory.write({
      [`attacker/index${extension}`]: this.#filled(attacker.text),
      "attacker/extension.json": manifest("attacker", this.#tier, `index${extension}`),
    });
    await Deno.symlink("../outside/secret.json", join(directory, "link.json"));
    let told = "";
    let end: string;
    try {
      await using loaded = await this.#host.load(directory, this.#options());
      const loot = await loaded.call("attack");
      told = JSON.stringify(loot) ?? "";
      end = !Array.isArray(loot) ? "value" : loot.length === 0 ? "nothing" : "loot";
    } catch (error) {
      if (!(error instanceof ExtensionError || error instanceof CapabilityError)) throw error;
      end = error.code;
      told = `${error.message} ${error instanceof ExtensionError ? error.guest ?? "" : ""}`
        // what the operator asked to be loaded is no secret of the operator
        .replaceAll(directory, "");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
    return { end, told };
  }

  #options(): Parameters<ExtensionHost["load"]>[1] {
    return {
      limits: { timeoutMs: TIMEOUT_MS, memoryBytes: MEMORY_BYTES },
      ...this.#tier === "quickjs" ? {} : { isolation: this.#tier },
    };
  }

  #filled(text: string): string {
    const secret = join(this.#directory.path, "outside/secret.json");
    const { port } = this.#server.addr;
    return text
      .replaceAll("@@SECRET_PATH@@", secret)
      .replaceAll("@@SECRET_URL@@", toFileUrl(secret).href)
      .replaceAll("@@SECRET_JSON_URL@@", toFileUrl(secret).href)
      .replaceAll(
        "@@VICTIM_URL@@",
        toFileUrl(join(this.#directory.path, "victim/index.js")).href,
      )
      .replaceAll("@@SERVER@@", `http://127.0.0.1:${port}`)
      .replaceAll("@@OPEN_BRACKETS@@", "[".repeat(10_000))
      .replaceAll("@@CLOSE_BRACKETS@@", "]".repeat(10_000))
      .replaceAll("@@TYPE_ARGUMENTS@@", "<T>(".repeat(40) + "1" + ")".repeat(40));
  }

  /** Ends the host, which must not take longer than its lanes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.close();
    await this.#server.shutdown();
    await this.#directory[Symbol.asyncDispose]();
  }
}

function manifest(name: string, tier: Tier, module: string): unknown {
  const runtime = tier === "quickjs" ? "quickjs" : "js";
  return { name, version: "1.0.0", runtime, module, capabilities: ["log", "var", "events"] };
}
