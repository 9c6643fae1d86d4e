/** Where printed bytes go: lines and captures. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { captureSink, LINE_LIMIT, lineSink } from "../../../runtime/wasi/streams.ts";

const encoder = new TextEncoder();

function lines(...parts: (string | Uint8Array)[]): readonly string[] {
  const seen: string[] = [];
  const sink = lineSink((line) => seen.push(line));
  for (const part of parts) sink.write(typeof part === "string" ? encoder.encode(part) : part);
  sink.flush();
  return seen;
}

Deno.test("lineSink() joins parts and splits lines", () => {
  assertEquals(lines("a", "b\nc", "\n", "d"), ["ab", "c", "d"]);
  assertEquals(lines("\n\r\n\n"), ["", "", ""]);
  assertEquals(lines(), []);
});

Deno.test("lineSink() decodes characters that were cut between two writes", () => {
  const bytes = encoder.encode("é𝄞\n");
  assertEquals(lines(...Array.from(bytes, (byte) => new Uint8Array([byte]))), ["é𝄞"]);
});

Deno.test("lineSink() cuts a line that never ends", () => {
  const seen = lines("x".repeat(3 * LINE_LIMIT + 1));
  assertEquals(seen.map(({ length }) => length), [LINE_LIMIT, LINE_LIMIT, LINE_LIMIT, 1]);
  assertEquals(lines("y".repeat(LINE_LIMIT) + "\nz"), ["y".repeat(LINE_LIMIT), "z"]);
});

Deno.test("lineSink() keeps no view of what it was handed", () => {
  const bytes = encoder.encode("before");
  const seen: string[] = [];
  const sink = lineSink((line) => seen.push(line));
  sink.write(bytes);
  bytes.fill(63);
  sink.flush();
  assertEquals(seen, ["before"]);
});

Deno.test("captureSink() keeps copies up to its limit and hands them out once", () => {
  const sink = captureSink(4);
  const bytes = new Uint8Array([1, 2]);
  sink.write(bytes);
  bytes.fill(9);
  sink.write(bytes);
  assertEquals(assertThrows(() => sink.write(bytes), Fault).code, "payload-limit");
  assertEquals(sink.take(), new Uint8Array([1, 2, 9, 9]));
  assertEquals(sink.take(), new Uint8Array(0));
});
