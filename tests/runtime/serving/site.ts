/** A host that serves one native extension, and what its clients need. @module */

import {
  type Extension,
  ExtensionHost,
  type HostOptions,
  json,
  type LogRecord,
  type NativeContext,
  NativeRegistry,
  type Served,
  type ServingLimits,
} from "../../../mod.ts";

/** Handlers by name; each gets an event and the context. */
export type Handlers = {
  // deno-lint-ignore no-explicit-any -- events as JSON
  readonly [name: string]: (event: any, context: NativeContext) => unknown;
};

export interface SiteOptions {
  readonly handlers: Handlers;
  readonly routes?: readonly { readonly [key: string]: string }[];
  readonly limits?: Partial<ServingLimits>;
  readonly capabilities?: readonly unknown[];
  readonly host?: HostOptions;
}

export interface ServedSite extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly served: Served;
  readonly native: NativeRegistry;
  readonly url: string;
  readonly log: LogRecord[];
}

/** Everything that serves. */
export const ALL = ["http.serve", "ws.serve", "sse.serve"] as const;

/** Loads the handlers as extension `site` and serves them on loopback. */
export async function serveSite(
  { handlers, routes = [], limits = {}, capabilities = ALL, host: more = {} }: SiteOptions,
): Promise<ServedSite> {
  const native = registryOf("site", handlers);
  const log: LogRecord[] = [];
  const host = new ExtensionHost({
    native,
    log: (record) => void log.push(record),
    serving: { limits },
    ...more,
  });
  try {
    const extension = await host.load(
      { manifest: { name: "site", runtime: "native", capabilities, routes } },
      { grants: grantsOf(capabilities) },
    );
    const served = await host.serve({ port: 0 });
    const { url } = served;
    return {
      ...{ host, extension, served, native, url, log },
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** The handlers as native functions of extension `name`. */
export function registryOf(
  name: string,
  handlers: Handlers,
  native: NativeRegistry = new NativeRegistry(),
): NativeRegistry {
  for (const [fn, handler] of Object.entries(handlers)) {
    native.register(`${name}:${fn}`, handler, { codec: json });
  }
  return native;
}

function grantsOf(capabilities: readonly unknown[]): { readonly [name: string]: true } {
  return Object.fromEntries(capabilities.map((one) => [String(one), true as const]));
}

/** One request as raw text; everything the server sends until it closes, or within `ms`. */
export async function raw(url: string, text: string, ms = 5_000): Promise<string> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  let open = true;
  const close = () => {
    if (open) connection.close();
    open = false;
  };
  const timer = setTimeout(close, ms);
  let answer = "";
  try {
    await connection.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(4096);
    for (;;) {
      const size = await connection.read(buffer);
      if (size === null) return answer;
      answer += new TextDecoder().decode(buffer.subarray(0, size));
    }
  } catch (error) {
    if (open) throw error;
    return answer;
  } finally {
    clearTimeout(timer);
    close();
  }
}

/** Waits until `done` holds; fails after `ms`. */
export async function until(done: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!done()) {
    if (performance.now() > end) throw new Error("it never happened");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A WebSocket client that keeps what it gets. */
export class Client {
  readonly socket: WebSocket;
  readonly frames: (string | Uint8Array)[] = [];
  readonly closed: Promise<CloseEvent>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) =>
      this.frames.push(typeof data === "string" ? data : new Uint8Array(data));
    this.closed = new Promise((resolve) => socket.onclose = resolve);
  }

  /** Connects; rejects when the server does not want it. */
  static async connect(url: string, path: string): Promise<Client> {
    const client = new Client(new WebSocket(`${url.replace(/^http/, "ws")}${path}`));
    await new Promise((resolve, reject) => {
      client.socket.onopen = resolve;
      client.socket.onerror = () => reject(new Error("refused"));
    });
    return client;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** A reader of an event stream, as browsers have it: blocks of lines. */
export class Subscriber implements AsyncDisposable {
  readonly #body: ReadableStreamDefaultReader<string>;
  readonly response: Response;
  #rest = "";

  private constructor(response: Response) {
    this.response = response;
    this.#body = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Subscribes, and waits until it is. */
  static async open(url: string): Promise<Subscriber> {
    const subscriber = new Subscriber(await fetch(url));
    const hello = await subscriber.next();
    if (hello !== ":ok") throw new Error(`unexpected ${hello}`);
    return subscriber;
  }

  /** The next block; `undefined` at the end. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        return block;
      }
      const { done, value } = await this.#body.read();
      if (done) return undefined;
      this.#rest += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#body.cancel();
  }
}
