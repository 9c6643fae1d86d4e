/** Places of issues that were found after the text was read. @module */

import { type Issue, placeIssues } from "@airlock/host/manifest";
import { assertEquals, assertStrictEquals } from "@std/assert";

const TEXT = `{
  "name": "a",
  "capabilities": ["log",
    { "name": "env", "names": ["A", 5] }
  ]
}`;

function placeOf(path: string): readonly (number | undefined)[] {
  const issue: Issue = { severity: "error", path, message: "is wrong" };
  const [placed] = placeIssues(TEXT, [issue]);
  return [placed?.line, placed?.column];
}

Deno.test("placeIssues() finds values by their paths", () => {
  assertEquals(placeOf("name"), [2, 11]);
  assertEquals(placeOf("capabilities[0]"), [3, 20]);
  assertEquals(placeOf("capabilities[1].names[1]"), [4, 37]);
});

Deno.test("placeIssues() finds what is around something that is not there", () => {
  assertEquals(placeOf("capabilities[1].hosts[3].x"), [4, 5]);
  assertEquals(placeOf("module"), [undefined, undefined]);
  assertEquals(placeOf(""), [undefined, undefined]);
});

Deno.test("placeIssues() leaves issues alone that have a place", () => {
  const issues: readonly Issue[] = [
    { severity: "error", path: "name", message: "is wrong", line: 7, column: 1 },
  ];
  assertStrictEquals(placeIssues(TEXT, issues), issues);
});
