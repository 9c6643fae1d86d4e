/** The table of exit codes. @module */

import { assert, assertEquals } from "@std/assert";
import { CapabilityError, ExtensionError, Fault, ManifestError } from "@airlock/host";
import { EXIT, EXIT_OF } from "../../cli/exit.ts";
import { CliError, exitOf } from "../../cli/failure.ts";

Deno.test("EXIT_OF has the exit code of every code the contract names", () => {
  const of = (...codes: (keyof typeof EXIT_OF)[]) => new Set(codes.map((code) => EXIT_OF[code]));
  assertEquals(of("usage"), new Set([2]));
  assertEquals(
    of("no-manifest", "bad-manifest", "duplicate", "unknown-runtime", "unsupported", "unavailable"),
    new Set([3]),
  );
  assertEquals(of("missing-capability", "denied", "revoked", "quota"), new Set([4]));
  assertEquals(
    of("guest-error", "trap", "bad-guest-data", "unknown-function", "bad-payload", "lost"),
    new Set([5]),
  );
  assertEquals(
    of("memory-limit", "payload-limit", "cycle", "too-deep", "needs-async"),
    new Set([5]),
  );
  assertEquals(of("timeout", "out-of-fuel", "aborted", "busy"), new Set([6]));
  assertEquals(of("integrity"), new Set([7]));
  assertEquals(of("closed", "lane-leaked", "unexpected"), new Set([1]));
});

Deno.test("EXIT_OF gives no failure the exit code of success", () => {
  const codes = new Set<number>(Object.values(EXIT));
  for (const [code, exit] of Object.entries(EXIT_OF)) {
    assert(codes.has(exit) && exit !== EXIT.ok, code);
  }
});

Deno.test("exitOf() takes the code of each class of errors", () => {
  const detail = { extension: "a", capability: "env", grant: "env=HOME" };
  assertEquals(exitOf(new ExtensionError(new Fault("trap"), "a")), 5);
  assertEquals(exitOf(new CapabilityError("denied", detail)), 4);
  assertEquals(exitOf(new ManifestError("no-manifest", "a", [])), 3);
  assertEquals(exitOf(new CliError("aborted", "Interrupted")), 6);
  assertEquals(exitOf(new Error("who knows")), 1);
  assertEquals(exitOf("not even an error"), 1);
});
