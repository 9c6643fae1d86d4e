/** Tests of runtime/integrity.ts. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fault } from "../../runtime/errors.ts";
import { integrityHasher, noHasher, sha256Hasher, verify } from "../../runtime/integrity.ts";

const ABC = new TextEncoder().encode("abc");

/** Hashes of "abc" from FIPS 180-4's examples. */
const SHA256_HEX = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA384_HEX = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163" +
  "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
const SHA512_HEX = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

Deno.test("integrityHasher accepts every form of a right hash", async () => {
  const base64 = (hex: string) => Uint8Array.fromHex(hex).toBase64();
  const forms = [
    SHA256_HEX,
    SHA256_HEX.toUpperCase(),
    `sha256-${SHA256_HEX}`,
    `sha256-${base64(SHA256_HEX)}`,
    `sha384-${base64(SHA384_HEX)}`,
    `sha384-${SHA384_HEX}`,
    `sha512-${base64(SHA512_HEX)}`,
    `sha512-${SHA512_HEX}`,
  ];
  for (const form of forms) assert(await integrityHasher.isValid(ABC, form), form);
});

Deno.test("integrityHasher refuses wrong, malformed, truncated and empty hashes", async () => {
  const wrong = [
    "",
    "abc",
    `sha1-${SHA256_HEX}`,
    `sha256-${SHA256_HEX.slice(2)}`,
    `sha512-${SHA256_HEX}`,
    `sha256-${SHA512_HEX}`,
    `sha256-${"0".repeat(64)}`,
    "sha256-***",
    `md5-${SHA256_HEX}`,
  ];
  for (const form of wrong) assert(!await integrityHasher.isValid(ABC, form), form);
});

Deno.test("hash() gives what isValid() takes", async () => {
  for (const hasher of [integrityHasher, sha256Hasher, noHasher]) {
    assert(await hasher.isValid(ABC, await hasher.hash(ABC)));
  }
  assertEquals(await sha256Hasher.hash(ABC), SHA256_HEX);
});

Deno.test("noHasher accepts only an empty hash", () => {
  assertEquals(noHasher.isValid(ABC, ""), true);
  assertEquals(noHasher.isValid(ABC, SHA256_HEX), false);
});

Deno.test("verify() names both hashes when they differ", async () => {
  await verify(ABC, undefined, integrityHasher);
  const wrong = "0".repeat(64);
  const error = await assertRejects(() => verify(ABC, wrong, integrityHasher), Fault, wrong);
  assertEquals(error.code, "integrity");
  assert(error.message.includes(await integrityHasher.hash(ABC)));
});

Deno.test("verify() waits for an asynchronous hasher", async () => {
  const slow = { hash: () => Promise.resolve("h"), isValid: () => Promise.resolve(false) };
  await assertRejects(() => verify(ABC, "h2", slow), Fault, "h2");
});
