// hostile 60: takes no request of a route that another extension has registered before
const { http, ws, sse } = airlock;
await http.serve.register("GET", "/attack/go", "attack");
await http.serve.register("GET", "/shared/:id", "steal");
await http.serve.register("GET", "/shared/7", "steal");
await ws.serve.register("/shared/chat", "steal");
let stolen = 0;
export const steal = () => {
  stolen++;
  return "stolen";
};
export const attack = () => stolen === 0 ? "nothing" : "stolen";
