/** One manifest with everything wrong, and the exact list that its author sees. @module */

import { formatIssue, inspectManifest } from "@airlock/host/manifest";
import { assertEquals } from "@std/assert";

Deno.test("inspectManifest() explains a terrible manifest in plain words", async () => {
  const here = (file: string) => Deno.readTextFile(new URL(file, import.meta.url));
  const { issues } = inspectManifest(await here("terrible.manifest.txt"));
  const lines = issues.map((issue) =>
    `${issue.line}:${issue.column} ${issue.severity} ${formatIssue(issue)}\n`
  );
  assertEquals(lines.join(""), await here("terrible.issues.txt"));
});
