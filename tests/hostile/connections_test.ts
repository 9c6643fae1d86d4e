/** Clients that open more connections than a process may have. @module */

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Descriptors of the host: few, so that few connections use them up. */
const DESCRIPTORS = 96;
const CONNECTIONS = 200;
const NOBODY = "none";

/** `airlock serve` in a process of its own that may open `DESCRIPTORS` files. */
async function server() {
  const command = [
    ...[Deno.execPath(), "run", "-A", "--no-check", "cli/main.ts", "serve"],
    ...["examples/conventions/gk", "--port", "0", "--grant", "http.serve", "--grant", "kv"],
  ];
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh", ...command],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const told = { text: "" };
  const reading = (async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) told.text += part;
  })();
  while (!/serving at (\S+)\n/.test(told.text)) await new Promise((next) => setTimeout(next, 20));
  const [, url = ""] = /serving at (\S+)\n/.exec(told.text) ?? [];
  return {
    url,
    told,
    async end() {
      child.kill("SIGINT");
      const { code } = await child.status;
      await reading;
      return code;
    },
  };
}

async function ask(url: string): Promise<number | string> {
  try {
    const response = await fetch(`${url}notes`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return NOBODY;
  }
}

Deno.test("hostile 26: clients that take every descriptor keep others waiting, and end nothing", async (t) => {
  await t.step("connections that never finish a request against host", async () => {
    const { url, told, end } = await server();
    const { hostname, port } = new URL(url);
    assertEquals(await ask(url), 200);
    const half = new TextEncoder().encode("GET /notes HTTP/1.1\r\nHost: a\r\nX: ");
    const connections: Deno.TcpConn[] = [];
    for (let i = 0; i < CONNECTIONS; i++) {
      try {
        const connection = await Deno.connect({ hostname, port: Number(port) });
        connections.push(connection);
        await connection.write(half);
      } catch (error) {
        // the host has no descriptor left, and refuses
        if (!(error instanceof Error)) throw error;
      }
    }
    assert(connections.length > DESCRIPTORS / 2, `${connections.length}`);
    for (const connection of connections) connection.close();
    let status: number | string = NOBODY;
    for (const over = performance.now() + 10_000; status === NOBODY && performance.now() < over;) {
      status = await ask(url);
    }
    assertEquals(status, 200, told.text);
    assertEquals(await end(), 0, told.text);
  });
});
