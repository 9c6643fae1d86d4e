/** The door that pinned requests go through: for whom it opens. @module */

import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { readSocksRequest, type SocksStream } from "../../capabilities/powers/socks.ts";

/** A client that has sent `bytes`, a few at a time. */
function client(bytes: readonly number[]): SocksStream & { readonly answers: number[] } {
  const left = [...bytes];
  const answers: number[] = [];
  return {
    answers,
    read(into) {
      const chunk = left.splice(0, Math.min(into.length, 3));
      into.set(chunk);
      return Promise.resolve(chunk.length === 0 ? null : chunk.length);
    },
    write(bytes) {
      answers.push(...bytes);
      return Promise.resolve(bytes.length);
    },
  };
}

const ascii = (text: string) => [...new TextEncoder().encode(text)];
const counted = (text: string) => [text.length, ...ascii(text)];
const HELLO = [5, 2, 0, 2];
const LOGIN = [1, ...counted("airlock"), ...counted("pw")];
const accepts = (password: Uint8Array) => new TextDecoder().decode(password) === "pw";

Deno.test("readSocksRequest() reads names and addresses", async () => {
  const cases: readonly (readonly [readonly number[], string])[] = [
    [[3, ...counted("a.example")], "a.example"],
    [[1, 127, 0, 0, 1], "127.0.0.1"],
    [[4, ...new Array(15).fill(0), 1], "::1"],
  ];
  for (const [address, host] of cases) {
    const stream = client([...HELLO, ...LOGIN, 5, 1, 0, ...address, 1, 187]);
    assertEquals(await readSocksRequest(stream, accepts), { host, port: 443 });
    assertEquals(stream.answers, [5, 2, 1, 0]);
  }
});

Deno.test("readSocksRequest() opens for nobody without the password", async () => {
  const rest = [5, 1, 0, 1, 127, 0, 0, 1, 1, 187];
  const cases: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[5, 1, 0, ...rest], [5, 255]],
    [[4, 2, 0, 2, ...rest], [5, 255]],
    [[...HELLO, 1, ...counted("airlock"), ...counted("px"), ...rest], [5, 2, 1, 1]],
    [[...HELLO, 1, 0, 0, ...rest], [5, 2, 1, 1]],
    [[...HELLO, ...LOGIN, 5, 2, 0, 1, 127, 0, 0, 1, 1, 187], [5, 2, 1, 0]],
    [[...HELLO, ...LOGIN, 5, 1, 0, 9, 127, 0, 0, 1, 1, 187], [5, 2, 1, 0]],
  ];
  for (const [bytes, answers] of cases) {
    const stream = client(bytes);
    assertEquals(await readSocksRequest(stream, accepts), undefined);
    assertEquals(stream.answers, answers);
  }
});

Deno.test("readSocksRequest() ends on any bytes", async () => {
  await assertRejects(() => readSocksRequest(client([5]), accepts), RangeError);
  const bytes = fc.array(fc.nat(255), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom([], HELLO, [...HELLO, ...LOGIN]),
      bytes,
      async (head, tail) => {
        const stream = client([...head, ...tail]);
        const request = await readSocksRequest(stream, accepts).catch((error) => {
          if (error instanceof RangeError) return undefined;
          throw error;
        });
        if (request && head.length < 5) throw new Error("it opened without a password");
      },
    ),
    { seed: 20_260_103, numRuns: 500 },
  );
});
