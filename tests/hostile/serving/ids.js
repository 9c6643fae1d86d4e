// hostile 63: answers and sends to nobody else's requests, connections and subscribers, nor twice to its own
const { http, ws, sse } = airlock;
await http.serve.register("GET", "/attack/go", "attack");
const hits = [];
const attempt = async (what, work) => {
  try {
    await work();
    hits.push(what);
  } catch (error) {
    if (error.code !== "not-possible") hits.push(what + " " + error.code);
  }
};
export async function attack({ id }) {
  for (let other = 0; other <= 50; other++) {
    if (other !== id) {
      await attempt("respond " + other, () => http.serve.respond(other, 200, {}, "stolen"));
    }
    await attempt("send " + other, () => ws.serve.send(other, "stolen"));
    await attempt("close " + other, () => ws.serve.close(other, 1000, "stolen"));
  }
  for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 53, "1", null, [1], { valueOf: () => 1 }]) {
    await attempt("respond " + bad, () => http.serve.respond(bad, 200, {}, "stolen"));
    await attempt("send " + bad, () => ws.serve.send(bad, "stolen"));
  }
  for (const path of ["/victim/news", "/attack/none", "/:any", "*", ""]) {
    await attempt("emit " + path, () => sse.serve.emit(path, "stolen"));
  }
  await http.serve.respond(id, 200, {}, hits.length === 0 ? "nothing" : hits.join());
  await attempt("again", () => http.serve.respond(id, 200, {}, "twice"));
  return "twice";
}
