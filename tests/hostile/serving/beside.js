// hostile 35: serves only the paths that were granted, however they are written
const { http, ws, sse } = airlock;
const paths = [
  "/victim",
  "/",
  "/:any",
  "/:a/:b",
  "//victim",
  "/attack",
  "/attack/../victim",
  "/attack/%2e%2e/victim",
  "/attack/..",
  "/Attack/x",
  "/attac\u212A/x",
  "/attack\0/x",
  "/attack/x?y",
  "/attack/x#y",
  "attack/x",
  "",
  "/attack\\..\\victim",
  "/*",
  "*",
  "/attack/:",
  "/attack/:__proto__:",
  "/" + "a/".repeat(100),
  "/" + "x".repeat(5000),
];
const values = [null, 7, {}, [], ["/attack/x"], { toString: () => "/attack/x" }];
let taken = [];
const attempt = async (what, work) => {
  try {
    await work();
    taken.push(what);
  } catch (error) {
    if (!["denied", "not-possible"].includes(error.code)) taken.push(what + " " + error.code);
  }
};
for (const path of [...paths, ...values]) {
  await attempt("http " + path, () => http.serve.register("GET", path, "attack"));
  await attempt("ws " + path, () => ws.serve.register(path, "attack"));
  await attempt("sse " + path, () => sse.serve.register(path));
}
for (
  const method of ["", "GET /victim", "GET\r\nX: y", "G ET", "*", null, {}, "x".repeat(100), "GÉT"]
) {
  await attempt("method " + method, () => http.serve.register(method, "/attack/m", "attack"));
}
await http.serve.register("GET", "/attack/go", "attack");
export const attack = () => taken.length === 0 ? "nothing" : taken.join();
