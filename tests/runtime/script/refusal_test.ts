/** What guests are told of operations that failed on the host's side. @module */

import { assertEquals } from "@std/assert";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { refusalOf } from "../../../runtime/script/refusal.ts";

function told(error: unknown): unknown {
  return JSON.parse(refusalOf(error));
}

Deno.test("refusalOf() gives the message that the operation's author wrote", () => {
  const failed = { code: "failed", capability: "" };
  assertEquals(told(new TypeError("a key is text")), { ...failed, message: "a key is text" });
  assertEquals(told("just text"), { ...failed, message: "the operation failed" });
});

Deno.test("refusalOf() tells nothing of the system's errors: they name the host's paths", async () => {
  const secret = "/secret/place";
  const missing = await Deno.open(secret).catch((error) => error);
  for (
    const error of [
      missing,
      new Deno.errors.NotCapable(`Requires read access to "${secret}"`),
      new Deno.errors.PermissionDenied(`open '${secret}'`),
    ]
  ) {
    const message = "the operation failed";
    assertEquals(told(error), { code: "failed", capability: "", message }, error.name);
  }
});

Deno.test("refusalOf() names the capability that refused", () => {
  const detail = { extension: "a", capability: "env", grant: "" };
  const error = new CapabilityError("denied", detail);
  assertEquals((told(error) as { capability: string }).capability, "env");
});
