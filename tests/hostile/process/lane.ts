/** What hostile lanes stand on: honest where their attack says nothing else. @module */

/** A message on the wire. */
export interface Said {
  readonly type: string;
  readonly id: number;
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The guest's end of a wire, with nothing in its way. */
export interface HostileLane {
  readonly place: "process" | "worker";
  send(type: string, id?: number, head?: unknown, body?: string): void;
  /** Bytes, or whatever else a port takes, as they are. */
  raw(data: unknown): void;
  /** Hears what the host says. */
  onMessage(take: (said: Said) => void): void;
  /** Says what an honest lane would: every function gives its payload back. */
  honest(said: Said): void;
  /** Calls `act` again and again, and lets messages in between. */
  forever(act: () => void): void;
}

/** Kinds of messages in the order of the wire. */
const TYPES = "hello,link,linked,ready,result,error,host,log,aborted,stopped,closed," +
  "load,define,file,evaluate,call,reply,abort,close,calls,results";

/** Self-contained: what is the same in both places. */
function makeLane(
  types: readonly string[],
  place: HostileLane["place"],
  write: (type: number, id: number, head: string, body: string) => void,
  raw: (data: unknown) => void,
): HostileLane & { take(said: Said): void } {
  let take = (said: Said) => lane.honest(said);
  const lane = {
    place,
    raw,
    send(type: string, id = 0, head: unknown = undefined, body = "") {
      write(types.indexOf(type), id, head === undefined ? "" : JSON.stringify(head), body);
    },
    onMessage(then: (said: Said) => void) {
      take = then;
    },
    take: (said: Said) => take(said),
    forever(act: () => void) {
      act();
      setTimeout(() => lane.forever(act), 0);
    },
    honest({ type, id, head, body }: Said) {
      if (type === "load") lane.send("linked");
      if (type === "evaluate") lane.send("ready");
      if (type === "call") lane.send("result", id, undefined, body);
      if (type === "calls") {
        const { ids, lengths } = head as { ids: number[]; lengths: number[] };
        lane.send("results", 0, { ids, lengths }, body);
      }
      if (type === "abort") lane.send("aborted", id);
      if (type === "close") lane.send("closed");
    },
  };
  return lane;
}

/** Self-contained: frames over the standard streams of a child. */
function runInProcess(
  types: readonly string[],
  make: typeof makeLane,
  attack: (lane: HostileLane) => void,
): void {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const raw = (data: unknown) => {
    const bytes = data as Uint8Array;
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  };
  const lane = make(types, "process", (type, id, head, body) => {
    const header = encoder.encode(head);
    const text = encoder.encode(body);
    const frame = new Uint8Array(13 + header.length + text.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, frame.length - 4);
    view.setUint8(4, type);
    view.setUint32(5, id);
    view.setUint32(9, header.length);
    frame.set(header, 13);
    frame.set(text, 13 + header.length);
    raw(frame);
  }, raw);
  attack(lane);
  const read = async () => {
    let held = new Uint8Array();
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const size = await Deno.stdin.read(buffer);
      if (size === null) Deno.exit(0);
      const all = new Uint8Array(held.length + size);
      all.set(held);
      all.set(buffer.subarray(0, size), held.length);
      held = all;
      while (held.length >= 13) {
        const view = new DataView(held.buffer, held.byteOffset);
        const end = 4 + view.getUint32(0);
        if (held.length < end) break;
        const bodyAt = 13 + view.getUint32(9);
        const head = decoder.decode(held.subarray(13, bodyAt));
        lane.take({
          type: types[view.getUint8(4)] ?? "",
          id: view.getUint32(5),
          head: head === "" ? {} : JSON.parse(head),
          body: decoder.decode(held.subarray(bodyAt, end)),
        });
        held = held.slice(end);
      }
    }
  };
  void read();
}

/** The program of a child that is such a lane. */
export function hostileProgram(attack: (lane: HostileLane) => void): string {
  const types = JSON.stringify(TYPES.split(","));
  return `(function () { (${runInProcess})(${types}, ${makeLane}, ${attack}) })`;
}

/** Runs the attack in the worker that this is. */
export function runInWorker(attack: (lane: HostileLane) => void): void {
  const types = TYPES.split(",");
  const scope = globalThis as unknown as { onmessage: (event: MessageEvent<MessagePort>) => void };
  scope.onmessage = ({ data: port }) => {
    const lane = makeLane(
      types,
      "worker",
      (type, id, head, body) => port.postMessage(`${type},${id},${head}\n${body}`),
      (data) => port.postMessage(data),
    );
    port.onmessage = ({ data }: MessageEvent<string>) => {
      const [, type = "", id = "", head = ""] = /^(\d+),(\d+),(.*)\n/.exec(data) ?? [];
      lane.take({
        type: types[Number(type)] ?? "",
        id: Number(id),
        head: head === "" ? {} : JSON.parse(head),
        body: data.slice(data.indexOf("\n") + 1),
      });
    };
    attack(lane);
  };
}
