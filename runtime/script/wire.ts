/** What host and lane say to each other: as objects over a port, as frames over a pipe. @module */

import type { Json } from "../../manifest/manifest.ts";
import type { Fault } from "../errors.ts";

/** Both sides must say the same. It changes with the meaning of any message. */
export const WIRE_VERSION = "airlock-lane/2";

/** Kinds of messages; a frame carries the place in this list. Append only. */
const TYPES = [
  // lane to host
  "hello",
  "link",
  "linked",
  "ready",
  "result",
  "error",
  "host",
  "log",
  "aborted",
  "stopped",
  "closed",
  // host to lane
  "load",
  "define",
  "file",
  "evaluate",
  "call",
  "reply",
  "abort",
  "close",
  "calls",
  // lane to host
  "results",
] as const;

/** The kind of a message. */
export type MessageType = typeof TYPES[number];

/** Small facts of a message. */
export type Head = { readonly [name: string]: Json };

/** One message, in either direction. */
export interface Message {
  readonly type: MessageType;
  /** The call, operation or import that it is about; 0 for none. */
  readonly id: number;
  readonly head: Head;
  readonly body: string;
}

/** The other side broke the protocol; the lane must be ended. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Bytes a frame may have beside its payload. */
export const FRAME_SLACK: number = 64 * 1024;

/** Bytes of a frame before its header: length of the rest, type, id, length of the header. */
const PREFIX = 4 + 1 + 4 + 4;

/** Units of arguments that wait for an answer, beside one payload: the host holds them all. */
export const UNANSWERED_LIMIT: number = 8 * 1024 * 1024;

const EMPTY: Head = Object.freeze({});
const encoder = new TextEncoder();

/** Makes a message; without `head` it has none. */
export function message(type: MessageType, id = 0, head: Head = EMPTY, body = ""): Message {
  return { type, id, head, body };
}

/** u32 length of what follows, u8 type, u32 id, u32 length of the header, header as JSON, body. */
export function encodeFrame({ type, id, head, body }: Message): Uint8Array<ArrayBuffer> {
  const header = head === EMPTY ? "" : JSON.stringify(head);
  const room = new Uint8Array(PREFIX + 3 * (header.length + body.length));
  const headerEnd = PREFIX + encoder.encodeInto(header, room.subarray(PREFIX)).written;
  const end = headerEnd + encoder.encodeInto(body, room.subarray(headerEnd)).written;
  const view = new DataView(room.buffer);
  view.setUint32(0, end - 4);
  view.setUint8(4, TYPES.indexOf(type));
  view.setUint32(5, id);
  view.setUint32(9, headerEnd - PREFIX);
  return room.subarray(0, end);
}

/** Cuts a stream of bytes into messages. Nothing larger than `limit` bytes is kept. */
export class FrameReader {
  readonly #limit: number;
  /** Small facts are small: a giant header would be parsed before anybody asks what for. */
  readonly #headLimit: number;
  /** Bytes of the unfinished frame; only its first `#used` count. */
  #buffer = new Uint8Array(16 * 1024);
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#headLimit = limit === Infinity ? Infinity : FRAME_SLACK;
  }

  /**
   * Takes the next bytes; gives the messages that are complete now.
   *
   * @throws {WireError} when the bytes are no frames, or one is too large.
   */
  push(chunk: Uint8Array): Message[] {
    this.#append(chunk);
    const messages: Message[] = [];
    let from = 0;
    while (this.#used - from >= 4) {
      const size = new DataView(this.#buffer.buffer).getUint32(from) + 4;
      if (size < PREFIX || size > this.#limit) throw new WireError("a frame has a wrong length");
      if (this.#used - from < size) break;
      messages.push(decodeFrame(this.#buffer.subarray(from, from + size), this.#headLimit));
      from += size;
    }
    this.#buffer.copyWithin(0, from, this.#used);
    this.#used -= from;
    return messages;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#used + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#used);
    this.#used = needed;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeFrame(frame: Uint8Array, headLimit: number): Message {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const type = TYPES[view.getUint8(4)];
  const headerEnd = PREFIX + view.getUint32(9);
  if (!type || headerEnd > frame.length || headerEnd - PREFIX > headLimit) {
    throw new WireError("a frame is malformed");
  }
  let head: unknown;
  let body: string;
  try {
    head = headerEnd === PREFIX
      ? EMPTY
      : JSON.parse(decoder.decode(frame.subarray(PREFIX, headerEnd)));
    body = decoder.decode(frame.subarray(headerEnd));
  } catch (cause) {
    throw new WireError("a frame is malformed", { cause });
  }
  return checkMessage({ type, id: view.getUint32(5), head, body });
}

/**
 * What came over a port, if it is a message.
 *
 * @throws {WireError} when it is none.
 */
export function checkMessage(value: unknown): Message {
  if (typeof value === "object" && value !== null) {
    const { type, id, head, body } = value as { readonly [name: string]: unknown };
    if (
      TYPES.includes(type as MessageType) && typeof id === "number" &&
      typeof head === "object" && head !== null && typeof body === "string"
    ) return value as Message;
  }
  throw new WireError("a message is malformed");
}

/** A message as text, for a port: it takes text ten times faster than an object. */
export function encodeText({ type, id, head, body }: Message): string {
  return `${TYPES.indexOf(type)},${id},${head === EMPTY ? "" : JSON.stringify(head)}\n${body}`;
}

/**
 * The message that came over a port as text.
 *
 * @throws {WireError} when it is none.
 */
export function decodeText(text: unknown): Message {
  if (typeof text !== "string") throw new WireError("a message is malformed");
  const typeEnd = text.indexOf(",");
  const idEnd = text.indexOf(",", typeEnd + 1);
  const headEnd = text.indexOf("\n", idEnd + 1);
  if (typeEnd < 0 || idEnd < 0 || headEnd < 0) throw new WireError("a message is malformed");
  const header = text.slice(idEnd + 1, headEnd);
  let head: unknown;
  try {
    head = header === "" ? EMPTY : JSON.parse(header);
  } catch (cause) {
    throw new WireError("a message is malformed", { cause });
  }
  return checkMessage({
    type: TYPES[Number(text.slice(0, typeEnd))],
    id: Number(text.slice(typeEnd + 1, idEnd)),
    head,
    body: text.slice(headEnd + 1),
  });
}

/** A text in a message's head; empty when it has none of that name. */
export function headText(head: Head, name: string): string {
  const value = head[name];
  return typeof value === "string" ? value : "";
}

/** A number in a message's head; 0 when it has none of that name. */
export function headNumber(head: Head, name: string): number {
  const value = head[name];
  return typeof value === "number" ? value : 0;
}

/** The host's end of a lane. */
export interface Lane {
  /** Gives up when the other side does not take what it is sent. */
  send(message: Message): void;
  /** Settles when the other side has taken most of what it was sent; `undefined` when it has. */
  room?(): Promise<void> | undefined;
  /**
   * Ends the lane, stuck or not; resolves when nothing of it runs any more, which for a stuck
   * worker may be never. Idempotent.
   */
  close(): Promise<void>;
  /** Ends it without asking it first, where the tier can. */
  kill(): Promise<void>;
}

/** What a lane tells its owner. Nothing is told after `ended`. */
export interface LaneEvents {
  message(message: Message): void;
  /** The lane is of no use any more; the reason is a fault for whoever waits. */
  ended(reason: Fault): void;
  /** A line the engine itself printed; untrusted. */
  printed(line: string): void;
}
