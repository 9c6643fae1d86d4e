/**
 * Serves an extension on one port: routes, a chat over WebSockets and a stream of events, and asks it
 * as its clients do. Run:
 * `deno run --allow-read --allow-net=127.0.0.1 examples/serve_host.ts`
 *
 * @module
 */

import { ExtensionHost } from "@airlock/host";

await using host = new ExtensionHost();
await host.load(new URL("conventions/serving/board/", import.meta.url), {
  // what it asks for, and no other path
  grants: { "http.serve": true, "ws.serve": true, "sse.serve": true },
});
await using served = await host.serve({ port: 0 });
const [{ routes } = { routes: [] }] = served.status();
console.log(routes.join(", "));

const news = await fetch(`${served.url}news`);
const events = news.body?.pipeThrough(new TextDecoderStream()).getReader();
await events?.read(); // subscribed

const added = await fetch(`${served.url}notes`, { method: "POST", body: "Bread, too" });
console.log(added.status, added.headers.get("location"));
console.log(await (await fetch(new URL(added.headers.get("location") ?? "", served.url))).text());
console.log(JSON.stringify((await events?.read())?.value));
await events?.cancel();

const socket = new WebSocket(`${served.url.replace("http", "ws")}chat/tea`);
socket.onmessage = ({ data }) => {
  console.log(data);
  if (data === "two sugars") socket.close();
  else socket.send("two sugars");
};
await new Promise((resolve) => socket.onclose = resolve);
