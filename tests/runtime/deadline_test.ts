/** Tests of runtime/deadline.ts. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { withDeadline } from "../../runtime/deadline.ts";
import { Fault } from "../../runtime/errors.ts";

const never = new Promise<never>(() => {});

Deno.test("withDeadline() settles like the promise", async () => {
  const limit = { deadline: performance.now() + 1_000, signal: undefined };
  assertEquals(await withDeadline(Promise.resolve(1), limit), 1);
  await assertRejects(() => withDeadline(Promise.reject(new RangeError("x")), limit), RangeError);
});

Deno.test("withDeadline() rejects at the deadline and says so once", async () => {
  const start = performance.now();
  const reasons: unknown[] = [];
  const limit = { deadline: start + 30, signal: undefined };
  const error = await assertRejects(
    () => withDeadline(never, limit, (reason) => reasons.push(reason)),
    Fault,
  );
  assertEquals(error.code, "timeout");
  assertEquals(reasons, [error]);
  assert(performance.now() - start >= 29);
});

Deno.test("withDeadline() rejects with the signal's own reason", async () => {
  const reason = { own: true };
  const limit = { deadline: Infinity, signal: AbortSignal.abort(reason) };
  assertEquals(await withDeadline(never, limit).catch((e) => e), reason);
  const cancel = new AbortController();
  const waiting = withDeadline(never, { deadline: Infinity, signal: cancel.signal });
  cancel.abort(reason);
  assertEquals(await waiting.catch((e) => e), reason);
});

Deno.test("withDeadline() takes a deadline that is past, or farther than a timer reaches", async () => {
  await assertRejects(() => withDeadline(never, { deadline: 0, signal: undefined }), Fault);
  const far = { deadline: performance.now() + 2 ** 40, signal: undefined };
  assertEquals(await withDeadline(Promise.resolve(2), far), 2);
});
