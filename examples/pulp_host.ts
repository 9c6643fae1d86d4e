/**
 * A host that serves a Pulp cell made with Go: it keeps notes in a database of its own, answers HTTP
 * requests, echoes over WebSocket, tells its subscribers what is new, and may reach one server. Run:
 * `deno run --allow-read --allow-write=/tmp --allow-net=127.0.0.1 examples/pulp_host.ts`
 *
 * @module
 */

import { ExtensionHost } from "@airlock/host";

/** A service that the cell may ask. */
const clock = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen() {} },
  () => new Response("half past four"),
);
const clockAddress = `127.0.0.1:${clock.addr.port}`;
const storageRoot = await Deno.makeTempDir({ dir: "/tmp" });

{
  await using host = new ExtensionHost({
    storageRoot,
    log: ({ extension, message }) => console.log(`[${extension}] ${message}`),
  });
  const directory = new URL("conventions/pulp/notes", import.meta.url);
  const extension = await host.load(directory, {
    grants: {
      "http.serve": true,
      "ws.serve": { paths: ["/echo"] },
      "sse.serve": true,
      net: { hosts: [clockAddress] },
      sqlite: true,
      fs: true,
    },
    config: { title: "My notes" },
  });
  console.log(`${extension.name} ${extension.version}: ${extension.abi}`);
  await using served = await host.serve({ port: 0 });
  const url = served.url.replace(/\/$/, "");
  console.log(served.status()[0]?.routes.join(", "));

  const news = await fetch(`${url}/news`);
  const events = news.body?.pipeThrough(new TextDecoderStream()).getReader();

  for (const text of ["buy milk", "water the plants"]) {
    const answer = await fetch(`${url}/notes`, { method: "POST", body: text });
    console.log(answer.status, await answer.json());
  }
  console.log(await (await fetch(`${url}/notes`)).json());
  const missing = await fetch(`${url}/notes/7`);
  console.log(missing.status, await missing.json());
  console.log(await (await fetch(`${url}/backup`)).json());
  console.log(await (await fetch(`${url}/far?url=http://${clockAddress}/`)).json());
  console.log(await (await fetch(`${url}/far?url=http://127.0.0.1:1/`)).json());

  const socket = new WebSocket(`${url.replace("http", "ws")}/echo`);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.onopen = () => socket.send("hello over there");
  console.log(
    await new Promise((resolve) => socket.onmessage = ({ data }) => resolve(`echo: ${data}`)),
  );
  socket.close();
  await closed;

  let told = "";
  while (!told.includes("plants\n")) told += (await events?.read())?.value ?? "plants\n";
  await events?.cancel();
  for (const line of told.split("\n").filter((line) => line.startsWith("data:"))) console.log(line);

  const { configMarker } = await extension.as("pulp").probes();
  console.log(`marker ${configMarker}`);
}

await clock.shutdown();
await Deno.remove(storageRoot, { recursive: true });
