/** A typed function over an extension: types on this side, bytes in between, a guard on what comes back. @module */

import { ExtensionHost } from "@airlock/host";

interface Count {
  readonly words: number;
  readonly bytes: number;
}

function isCount(value: unknown): value is Count {
  return typeof value === "object" && value !== null &&
    "words" in value && typeof value.words === "number" &&
    "bytes" in value && typeof value.bytes === "number";
}

await using host = new ExtensionHost();
const counter = await host.load(new URL("extensions/word-count-wat", import.meta.url));
const count = counter.fn<string, Count>("count", { output: isCount });
const { words, bytes } = await count("hello from the other side");
console.log(`${words} words in ${bytes} bytes`);
