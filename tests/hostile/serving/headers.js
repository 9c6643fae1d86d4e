// hostile 41: no answer ends early, becomes two, or speaks for the connection
const { http } = airlock;
await http.serve.register("GET", "/attack/go", "attack");
const answers = [
  { headers: { "x-a": "1\r\nSet-Cookie: stolen=1" } },
  { headers: { "x-a\r\nSet-Cookie": "stolen=1" } },
  { headers: { "x-a": "1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen" } },
  { headers: { "x-a": "1\nSet-Cookie: stolen=1" } },
  { headers: { "x-a": "1\0stolen" } },
  { headers: { "": "stolen" } },
  { headers: { "x a": "stolen" } },
  { headers: { "x-a": "\u010d\u010astolen: 1" } },
  { headers: { "Set-Cookie:": "stolen=1" } },
  { status: "200\r\nSet-Cookie: stolen=1" },
  { status: 101, headers: { upgrade: "stolen" } },
  { status: 1e9 },
  { status: -200 },
];
export async function attack({ id }) {
  const sent = [];
  for (const { status = 200, headers = {} } of answers) {
    try {
      await http.serve.respond(id, status, headers, "stolen");
      sent.push(JSON.stringify({ status, headers }));
    } catch (error) {
      if (error.code !== "not-possible") sent.push(error.code);
    }
  }
  const headers = {
    "Content-Length": "1",
    "Transfer-Encoding": "chunked",
    "Connection": "keep-alive, x-stolen",
    "Upgrade": "h2c",
    "Trailer": "x-stolen",
    "Keep-Alive": "timeout=999",
  };
  await http.serve.respond(id, 200, headers, sent.length === 0 ? "nothing" : sent.join());
}
