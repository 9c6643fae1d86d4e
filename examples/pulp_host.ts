/**
 * A host that serves a Pulp cell made with Go: it keeps notes in a database of its own, answers HTTP
 * requests, echoes over WebSocket, tells its subscribers what is new, and may reach one server. Run:
 * `deno run --allow-read --allow-write --allow-net=127.0.0.1 examples/pulp_host.ts`
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
const storageRoot = await Deno.makeTempDir();

try {
  await using host = new ExtensionHost({
    storageRoot,
    log: ({ extension, message }) => console.log(`[${extension}] ${message}`),
  });
  const cell = await host.load(new URL("conventions/pulp/notes", import.meta.url), {
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
  console.log(`${cell.name} ${cell.version} follows ${cell.abi}`);
  await using served = await host.serve({ port: 0 });
  console.log(served.status()[0]?.routes.join(", "));
  await useNotes(served.url);
} finally {
  await clock.shutdown();
  await Deno.remove(storageRoot, { recursive: true });
}

/** What clients of the cell do. */
async function useNotes(url: string): Promise<void> {
  const news = await fetch(`${url}news`);
  for (const body of ["buy milk", "water the plants"]) {
    await show(await fetch(`${url}notes`, { method: "POST", body }));
  }
  const { title, notes } = await (await fetch(`${url}notes`)).json();
  console.log(`${title}: ${notes.map(({ text }: { text: string }) => text).join(", ")}`);
  await show(await fetch(`${url}notes/7`));
  await show(await fetch(`${url}backup`));
  await show(await fetch(`${url}far?url=http://${clockAddress}/`));
  await show(await fetch(`${url}far?url=http://127.0.0.1:1/`));
  console.log(`echo: ${await echo(`${url.replace("http", "ws")}echo`, "hello over there")}`);
  for (const event of await events(news, 2)) console.log(event);
}

async function show(response: Response): Promise<void> {
  console.log(response.status, await response.json());
}

/** Sends one text over a connection, and gives what comes back. */
async function echo(url: string, text: string): Promise<string> {
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const answer = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
  socket.onopen = () => socket.send(text);
  const said = await answer;
  socket.close();
  await closed;
  return said;
}

/** The first events of a stream. */
async function events({ body }: Response, count: number): Promise<readonly string[]> {
  const found: string[] = [];
  let text = "";
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const id = /^id: (.*)$/m.exec(block)?.[1];
      if (id !== undefined) found.push(`event ${id}: ${/^data: (.*)$/m.exec(block)?.[1]}`);
    }
    if (found.length >= count) break;
  }
  return found;
}
