/** Frames and messages. @module */

import { assertEquals, assertThrows } from "@std/assert";
import {
  checkMessage,
  encodeFrame,
  FrameReader,
  type Message,
  message,
  WireError,
} from "../../../runtime/script/wire.ts";

const MESSAGES: readonly Message[] = [
  message("hello", 0, { version: "x" }),
  message("call", 0xffff_ffff, { fn: "ä", budgetMs: 12.5 }, '{"€":"😀"}'),
  message("result", 7, undefined, ""),
  message("host", 1, { call: 2, operation: "kv.get" }, "x".repeat(100_000)),
  message("close"),
];

Deno.test("FrameReader gives back every message, however the bytes are cut", () => {
  const bytes = new Uint8Array(MESSAGES.flatMap((one) => [...encodeFrame(one)]));
  for (const step of [1, 3, 1_000, bytes.length]) {
    const reader = new FrameReader(1_000_000);
    const got: Message[] = [];
    for (let at = 0; at < bytes.length; at += step) {
      got.push(...reader.push(bytes.slice(at, at + step)));
    }
    assertEquals(got, MESSAGES);
  }
});

Deno.test("FrameReader refuses frames that are too large, too small or malformed", () => {
  const bad: (readonly number[])[] = [
    [0xff, 0xff, 0xff, 0xff],
    [0, 0, 0, 3, 1, 2, 3],
    // no such type
    [0, 0, 0, 9, 200, 0, 0, 0, 1, 0, 0, 0, 0],
    // a header longer than its frame
    [0, 0, 0, 9, 1, 0, 0, 0, 1, 0, 0, 1, 0],
    // a header that is no JSON, and one that is no object
    [0, 0, 0, 10, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x7b],
    [0, 0, 0, 10, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x31],
    // a body that is no UTF-8
    [0, 0, 0, 10, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0xff],
  ];
  for (const bytes of bad) {
    assertThrows(() => new FrameReader(1_000).push(Uint8Array.from(bytes)), WireError);
  }
  const large = encodeFrame(message("result", 1, undefined, "x".repeat(2_000)));
  assertThrows(() => new FrameReader(1_000).push(large), WireError);
});

Deno.test("checkMessage() refuses what is no message", () => {
  for (
    const value of [null, 1, "x", {}, [], { ...message("call"), type: "nope" }, {
      ...message("call"),
      head: null,
    }]
  ) {
    assertThrows(() => checkMessage(value), WireError);
  }
  assertEquals(checkMessage(message("call", 1)), message("call", 1));
});
