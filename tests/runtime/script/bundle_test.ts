/** Bundles of calls and results, and ports that take text. @module */

import { assertEquals, assertThrows } from "@std/assert";
import {
  callMessage,
  type CallRequest,
  callsOf,
  resultMessage,
  resultsOf,
} from "../../../runtime/script/bundle.ts";
import {
  decodeText,
  encodeFrame,
  encodeText,
  FrameReader,
  type Message,
  message,
  WireError,
} from "../../../runtime/script/wire.ts";

const CALLS: readonly CallRequest[] = [
  { id: 1, fn: "a", budgetMs: 10, each: false, payload: '{"ä":"\\ud83d"}' },
  { id: 4_294_967_295, fn: "b\n,", budgetMs: 0.5, each: false, payload: "" },
  { id: 2, fn: "😀", budgetMs: 1e9, each: false, payload: "\ufeff\ud83d" },
  { id: 3, fn: "", budgetMs: 1, each: false, payload: "€\n1,2" },
];

/** Through text and through bytes, as a message really goes. */
function* carried(sent: Message): Generator<Message> {
  yield decodeText(encodeText(sent));
  yield* new FrameReader(1_000_000).push(encodeFrame(sent));
}

Deno.test("callsOf() gives back what callMessage() put together, over a port and over a pipe", () => {
  for (const calls of [CALLS, CALLS.slice(0, 1), [{ ...CALLS[0], each: true } as CallRequest]]) {
    for (const got of carried(callMessage(calls))) {
      // A lone surrogate has no UTF-8 form: a pipe makes it U+FFFD, which is as long.
      const seen = callsOf(got).map((one) => ({ ...one, payload: one.payload.toWellFormed() }));
      const sent = calls.map((one) => ({ ...one, payload: one.payload.toWellFormed() }));
      assertEquals(seen, sent);
    }
  }
});

Deno.test("resultsOf() gives back what resultMessage() put together", () => {
  const results = [{ id: 7, body: "1" }, { id: 9, body: "" }, { id: 8, body: '"ä😀"' }];
  for (const some of [results, results.slice(1, 2)]) {
    for (const got of carried(resultMessage(some))) assertEquals(resultsOf(got), some);
  }
});

Deno.test("a bundle that does not add up is refused", () => {
  const heads = [
    {},
    { ids: [1], lengths: [1, 1] },
    { ids: [1], lengths: [3] },
    { ids: [1], lengths: [1] },
    { ids: [1, 2], lengths: [3, -1] },
    { ids: [1], lengths: [1.5] },
    { ids: ["1"], lengths: [2] },
    { ids: [1], lengths: ["2"] },
  ];
  for (const head of heads) {
    assertThrows(() => resultsOf(message("results", 0, head, "ab")), WireError);
    assertThrows(() => callsOf(message("calls", 0, head, "ab")), WireError);
  }
  const ids = { ids: [1], lengths: [2] };
  assertThrows(() => callsOf(message("calls", 0, { ...ids, fns: [1], budgets: [1] }, "ab")));
  assertThrows(() => callsOf(message("calls", 0, { ...ids, fns: ["a"], budgets: ["1"] }, "ab")));
});

Deno.test("decodeText() refuses what is no message", () => {
  const texts = [
    1,
    null,
    {},
    "",
    "0",
    "0,1",
    "0,1,",
    "99,1,\n",
    "x,1,\n",
    "0,x,[\n",
    "0,1,1\n",
  ];
  for (const text of texts) {
    assertThrows(() => decodeText(text), WireError, undefined, String(text));
  }
});
