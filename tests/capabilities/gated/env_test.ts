/** Environment variables: only the granted ones. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { powers } from "../../../capabilities/powers.ts";
import { resolveGrants } from "../../../capabilities/grant.ts";
import { ask, open } from "../open.ts";

const VARIABLES = new Map([["LANG", "en"], ["SECRET", "s3cret"]]);
const registry = new CapabilityRegistry({
  powers: { ...powers, env: (name) => VARIABLES.get(name), envNames: () => [...VARIABLES.keys()] },
});

Deno.test("env reads the granted variables only", async () => {
  const asks = [ask("env", { names: ["LANG", "TZ", "SECRET"] })];
  await using notes = await open({ registry, asks, granted: { env: { names: ["LANG", "TZ"] } } });
  assertEquals(notes.sync("env.get", { name: "LANG" }), "en");
  assertEquals(notes.sync("env.get", { name: "TZ" }), null);
  assertEquals(notes.sync("env.list"), { LANG: "en" });
  const error = assertThrows(() => notes.sync("env.get", { name: "SECRET" }), CapabilityError);
  assertEquals([error.code, error.grant], ["denied", "env=SECRET"]);
  assertEquals(notes.audit.at(-1)?.outcome, "denied");
});

Deno.test("env reads everything only where everything was written", async () => {
  await using notes = await open({
    registry,
    asks: [ask("env")],
    granted: { env: { names: ["*"] } },
  });
  assertEquals(notes.sync("env.get", { name: "SECRET" }), "s3cret");
  assertEquals(notes.sync("env.list"), { LANG: "en", SECRET: "s3cret" });
});

Deno.test("env refuses names that are no names", async () => {
  await using notes = await open({ registry, asks: [ask("env")], granted: "all" });
  for (const name of ["", "A=B", "A\0", "__proto__ ", "*", 7, null, undefined]) {
    assertThrows(() => notes.sync("env.get", { name }), TypeError);
  }
});

Deno.test("env tells which flag the host process needs", () => {
  const flags = (names: string[]) => {
    const { bound } = resolveGrants({
      extension: "notes",
      asks: [ask("env")],
      granted: { env: { names } },
      registry,
    });
    const env = bound.find(({ name }) => name === "env");
    return env?.capability.denoPermissions?.(env.grant);
  };
  assertEquals(flags(["LANG", "TZ"]), ["--allow-env=LANG,TZ"]);
  assertEquals(flags(["*"]), ["--allow-env"]);
});

Deno.test({
  name: "powers.env() fails instead of asking on the terminal",
  permissions: { env: ["LANG"] },
  fn() {
    powers.env("LANG");
    assertThrows(() => powers.env("HOME"), Error, "--allow-env=HOME");
    assertThrows(() => powers.envNames(), Error, "--allow-env");
  },
});
