/** What messages to a worker and to a child process cost without any host. @module */

/** Sends texts, gets as many back. */
export interface RawLane extends AsyncDisposable {
  readonly name: string;
  /** One message for one text. */
  one(text: string): Promise<unknown>;
  /** As many messages as texts, all at once. */
  many(texts: readonly string[]): Promise<unknown>;
  /** One message for all texts. */
  all(texts: readonly string[]): Promise<unknown>;
}

/** A worker without permissions, and a port of its own. */
export async function rawWorker(): Promise<RawLane> {
  const options = { type: "module", deno: { permissions: "none" } } as const;
  const url = new URL("./raw_worker.ts", import.meta.url);
  const worker = new Worker(url, options as WorkerOptions);
  const { port1: port, port2 } = new MessageChannel();
  const answers = new Answers();
  port.onmessage = ({ data }) => answers.take(data);
  const ready = answers.next();
  worker.postMessage(port2, [port2]);
  await ready;
  const send = (data: unknown) => {
    const answer = answers.next();
    port.postMessage(data);
    return answer;
  };
  return {
    name: "raw worker",
    one: send,
    many: (texts) => Promise.all(texts.map(send)),
    all: send,
    [Symbol.asyncDispose]() {
      port.close();
      worker.terminate();
      return Promise.resolve();
    },
  };
}

/** A child process that answers lines. */
export function rawChild(): RawLane {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", new URL("./raw_child.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const answers = new Answers();
  const encoder = new TextEncoder();
  void (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) answers.take(line);
    }
  })();
  const send = (text: string) => {
    const answer = answers.next();
    void writer.write(encoder.encode(`${text}\n`));
    return answer;
  };
  return {
    name: "raw child",
    one: send,
    many: (texts) => Promise.all(texts.map(send)),
    async all(texts) {
      const waiting = texts.map(() => answers.next());
      void writer.write(encoder.encode(texts.map((text) => `${text}\n`).join("")));
      await Promise.all(waiting);
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await child.status;
    },
  };
}

/** Answers come in the order of the questions. */
class Answers {
  readonly #waiting: ((answer: unknown) => void)[] = [];
  next(): Promise<unknown> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  take(answer: unknown): void {
    this.#waiting.shift()?.(answer);
  }
}
