/** WebSocket connections of one extension: told to it as events, sent to by number. @module */

import { notPossible, type Opcode } from "../../capabilities/serving.ts";
import type { WsOpenEvent } from "../drivers/driver.ts";
import type { SocketEvent } from "./inbox.ts";

/** What one extension's connections may take. */
export interface SocketLimits {
  readonly sockets: number;
  readonly frameBytes: number;
  readonly unsentBytes: number;
}

/** A connection as it comes in, before it has a number. */
export type NewSocket = Omit<WsOpenEvent, "kind" | "connId">;

/** How connections report. */
export interface SocketTies {
  /** Puts an event in line; `false` when it was dropped. */
  readonly push: (event: SocketEvent) => boolean;
  readonly warn: (message: string) => void;
}

/** Close codes. */
const GOING_AWAY = 1_001;
const TOO_LARGE = 1_009;
const TRY_LATER = 1_013;
/** How many clients may each leave as much unread as one may. */
const SLOW_CLIENTS = 16;
/** Bytes of a reason: it has to fit a control frame. */
const REASON_BYTES = 123;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Connection {
  readonly socket: WebSocket;
  readonly handler: string;
}

/** Every connection of one extension. */
export class Sockets {
  readonly #limits: SocketLimits;
  readonly #ties: SocketTies;
  readonly #connections = new Map<number, Connection>();
  #lastId = 0;
  #pending = 0;
  /** Frames that did not fit into the queue. */
  dropped = 0;

  constructor(limits: SocketLimits, ties: SocketTies) {
    this.#limits = limits;
    this.#ties = ties;
  }

  /** How many there are. */
  get size(): number {
    return this.#connections.size;
  }

  /** Whether there is room for one more. */
  get hasRoom(): boolean {
    return this.#connections.size + this.#pending < this.#limits.sockets;
  }

  /** Takes a connection that is being upgraded. */
  accept(socket: WebSocket, opened: NewSocket): void {
    const connId = ++this.#lastId;
    const { handler } = opened;
    socket.binaryType = "arraybuffer";
    this.#pending++;
    let pending = true;
    const settled = () => {
      if (pending) this.#pending--;
      pending = false;
    };
    socket.addEventListener("open", () => {
      settled();
      this.#connections.set(connId, { socket, handler });
      if (this.#ties.push({ kind: "ws.open", connId, ...opened })) return;
      this.#connections.delete(connId);
      this.#warnOfDrop();
      socket.close(TRY_LATER, "queue full");
    });
    socket.addEventListener("message", ({ data }) => this.#receive(connId, data));
    socket.addEventListener("close", ({ code, reason }) => {
      settled();
      if (!this.#connections.delete(connId)) return;
      this.#ties.push({ kind: "ws.close", connId, code, reason, handler });
    });
  }

  /**
   * Sends one frame.
   *
   * @throws {OperationError} `not-possible` for a connection that is not there.
   */
  send(connId: number, opcode: Opcode, payload: Uint8Array): void {
    const { socket } = this.#connection(connId);
    if (socket.readyState !== socket.OPEN) throw gone(connId);
    if (this.#isFull(socket, payload.length)) {
      this.#ties.warn(`connection ${connId} is closed: its client does not read`);
      socket.close(TRY_LATER, "too slow");
      throw gone(connId);
    }
    socket.send(opcode === 1 ? decoder.decode(payload) : payload.slice());
  }

  /**
   * Closes one connection.
   *
   * @throws {OperationError} `not-possible` for one that is not there, or a code that is none.
   */
  close(connId: number, code: number, reason: string): void {
    const { socket } = this.#connection(connId);
    const allowed = code === 1_000 || (code >= 3_000 && code <= 4_999) ||
      (code >= 1_001 && code <= 1_014 && ![1_004, 1_005, 1_006].includes(code));
    if (!allowed || encoder.encode(reason).length > REASON_BYTES) {
      throw notPossible(
        `Cannot close connection ${connId} as code and reason must be those of WebSockets`,
      );
    }
    socket.close(code, reason);
  }

  /** Ends them all; nobody is told. */
  end(): void {
    for (const { socket } of this.#connections.values()) socket.close(GOING_AWAY, "going away");
    this.#connections.clear();
  }

  #receive(connId: number, data: unknown): void {
    const connection = this.#connections.get(connId);
    if (!connection) return;
    const payload = typeof data === "string"
      ? encoder.encode(data)
      : new Uint8Array(data as ArrayBuffer);
    if (payload.length > this.#limits.frameBytes) {
      connection.socket.close(TOO_LARGE, "frame too large");
      return;
    }
    const opcode = typeof data === "string" ? 1 : 2;
    const { handler } = connection;
    if (this.#ties.push({ kind: "ws.frame", connId, opcode, payload, handler })) return;
    this.#warnOfDrop();
  }

  /** Whether a client leaves too much unread, by itself or as one of many. */
  #isFull({ bufferedAmount }: WebSocket, more: number): boolean {
    const { unsentBytes } = this.#limits;
    if (bufferedAmount + more > unsentBytes) return true;
    if (bufferedAmount === 0) return false;
    let unsent = more;
    for (const { socket } of this.#connections.values()) unsent += socket.bufferedAmount;
    return unsent > unsentBytes * SLOW_CLIENTS;
  }

  #warnOfDrop(): void {
    // the first of a flood says it
    if (this.dropped++ === 0) this.#ties.warn("frames are dropped: the queue is full");
  }

  #connection(connId: number): Connection {
    const connection = this.#connections.get(connId);
    if (connection) return connection;
    throw gone(connId);
  }
}

function gone(connId: number): Error {
  return notPossible(`Cannot reach connection ${connId} as it is not there`);
}
