/** What the host process's own rights and certificates mean for requests, in processes of their own. @module */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { temporaryDirectory } from "../../temporary.ts";
import { certificateFor } from "./certificate.ts";
import { testServer } from "./net_server.ts";

const CHILD = fromFileUrl(new URL("./net_child.ts", import.meta.url));

/** What the child prints, started with `flags`; its standard input is a terminal to nobody. */
async function child(flags: readonly string[], ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...flags, CHILD, ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) + decoder.decode(stderr)).trim();
}

Deno.test("net.fetch checks certificates against the name, at the address it checked", async () => {
  await using temporary = await temporaryDirectory();
  const { cert, key } = await certificateFor("rates.example");
  const trusted = join(temporary.path, "cert.pem");
  await Deno.writeTextFile(trusted, cert);
  const names: (string | null)[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    (request) => {
      names.push(new URL(request.url).hostname);
      return new Response("secure");
    },
  );
  const { port } = server.addr;
  const grant = `*:${port},127.0.0.1:${port}`;
  const from = (name: string, flags: string[]) =>
    child(["-A", ...flags], `https://${name}:${port}/`, grant, "127.0.0.1");
  const failed = (name: string) => `Cannot fetch from "${name}:${port}" as the connection failed`;
  assertEquals(await from("rates.example", [`--cert=${trusted}`]), "secure");
  assertEquals(await from("other.example", [`--cert=${trusted}`]), failed("other.example"));
  assertEquals(await from("rates.example", []), failed("rates.example"));
  assertEquals(names, ["rates.example"]);
  await server.shutdown();
});

Deno.test("net.fetch works with exactly the permissions it names, and says which are missing", async () => {
  await using server = testServer();
  const { port, origin } = server;
  const host = `127.0.0.1:${port}`;
  assertEquals(await child([`--allow-net=${host}`], origin, host), "hello");
  const local = `localhost:${port}`;
  assertEquals(await child([`--allow-net=${local}`], `http://${local}/`, local), "hello");
  const missing = (target: string, flag: string) =>
    `Cannot fetch from "${target}" as the host process may not: start it with --allow-net=${flag}`;
  assertEquals(await child([], origin, host), missing(host, host));
  assertEquals(await child(["--allow-net=127.0.0.1:1"], origin, host), missing(host, host));
  // a name is only used where its addresses can be looked at
  const name = `name.example:${port}`;
  const scoped = await child([`--allow-net=${name}`], `http://${name}/`, name);
  assertEquals(scoped, missing(name, "name.example"));
  assertEquals(server.seen.length, 2);
});
