/** A real HTTP server on loopback that remembers what reached it. @module */

/** What reached the server. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** A server and what it saw. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly seen: Seen[];
  /** Streams of `/endless` that nobody has cut off yet. */
  readonly open: Set<unknown>;
  /** Resolves when no stream is open. */
  quiet(): Promise<void>;
}

type Answer = (url: URL, request: Request, server: TestServer) => Response | Promise<Response>;

const ANSWERS: { readonly [path: string]: Answer } = {
  "/": () => new Response("hello"),
  "/to": ({ searchParams }) =>
    new Response("moved", {
      status: Number(searchParams.get("status") ?? 302),
      headers: { location: searchParams.get("location") ?? "" },
    }),
  "/loop": () => new Response(null, { status: 302, headers: { location: "/loop" } }),
  "/headers": () => {
    const headers = new Headers({ "x-one": "1", "content-type": "text/x-test" });
    for (const value of ["a=1", "b=2"]) headers.append("set-cookie", value);
    headers.append("x-many", "1");
    headers.append("x-many", "2");
    return new Response("x", { status: 404, headers });
  },
  "/big": ({ searchParams }) => new Response(new Uint8Array(Number(searchParams.get("bytes")))),
  "/gzip": ({ searchParams }) => {
    const zeros = new Response(new Uint8Array(Number(searchParams.get("bytes"))));
    const body = zeros.body?.pipeThrough(new CompressionStream("gzip")) ?? null;
    return new Response(body, { headers: { "content-encoding": "gzip" } });
  },
  "/endless": (_url, _request, { open }) => {
    const key = {};
    let timer: ReturnType<typeof setInterval>;
    return new Response(
      new ReadableStream({
        start(controller) {
          open.add(key);
          timer = setInterval(() => controller.enqueue(new Uint8Array(1_000)), 10);
        },
        cancel() {
          clearInterval(timer);
          open.delete(key);
        },
      }),
    );
  },
  "/silent": (_url, request, { open }) =>
    new Promise((resolve) => {
      open.add(request);
      request.signal.addEventListener("abort", () => {
        open.delete(request);
        resolve(new Response());
      });
    }),
};

/** Starts a server on a free port. */
export function testServer(hostname = "127.0.0.1"): TestServer {
  const seen: Seen[] = [];
  const open = new Set<unknown>();
  const server = Deno.serve({ hostname, port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const path = url.pathname + url.search;
    const body = await request.text();
    seen.push({ method: request.method, path, headers: Object.fromEntries(request.headers), body });
    const answer = Object.hasOwn(ANSWERS, url.pathname) ? ANSWERS[url.pathname] : undefined;
    return await answer?.(url, request, made) ?? new Response("none", { status: 404 });
  });
  const { port } = server.addr;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const made: TestServer = {
    port,
    origin: `http://${host}:${port}`,
    seen,
    open,
    async quiet() {
      const end = performance.now() + 5_000;
      while (open.size > 0) {
        if (performance.now() > end) throw new Error("a stream stays open");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return made;
}
