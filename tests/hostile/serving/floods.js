// hostile 26: fills neither the table of routes, nor the log, nor the memory
const { http, ws, sse } = airlock;
await http.serve.register("GET", "/attack/go", "attack");
await sse.serve.register("/attack/news");
await ws.serve.register("/attack/chat", "chat");
const count = async (times, work) => {
  let done = 0;
  for (let n = 0; n < times; n++) {
    try {
      await work(n);
      done++;
    } catch (error) {
      if (error.code !== "not-possible") throw error;
    }
  }
  return done;
};
export async function attack() {
  const routes = await count(1500, (n) => http.serve.register("GET", "/attack/" + n, "attack"));
  const again = await count(500, () => http.serve.register("GET", "/attack/0", "attack"));
  await count(300, () => sse.serve.emit("/attack/news", "x".repeat(10000)));
  return routes <= 1024 && again === 500 ? "nothing" : "stolen " + routes + " " + again;
}
export async function chat({ kind, connId }) {
  if (kind === "ws.open") await count(300, () => ws.serve.send(connId, "x".repeat(100000)));
}
