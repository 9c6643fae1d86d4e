/**
 * Waiting: `poll_oneoff`, which is how C libraries and Go's runtime sleep.
 *
 * A guest that cannot be suspended holds the thread anyway, so a wait of its clock makes that thread
 * sleep, without using the core, and ends the guest at once when it would sleep past its deadline.
 * Streams are always ready, and then nothing is waited for.
 *
 * ```text
 * subscription, 48 bytes:  userdata u64 | tag u8 … | clock: id u32 … timeout u64, precision u64, flags u16
 *                                                  | stream: fd u32
 * event, 32 bytes:         userdata u64 | errno u16 | type u8 … | bytes u64 | flags u16 …
 * ```
 *
 * @module
 */

import { clockErrno, readClock } from "./clock.ts";
import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";
import { RIGHT } from "./rights.ts";

/** Most subscriptions of one call: each is work for the host. */
const SUBSCRIPTION_LIMIT = 1024;
const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const TAG = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const;
const ABSOLUTE_TIME = 1;
const HANGUP = 1;
const NANOSECONDS_PER_MS = 1e6;
const NEVER = 2n ** 64n;

/** What a stream or a file answers. */
interface Readiness {
  readonly errno: number;
  readonly bytes: number;
  /** Whether nothing will ever come. */
  readonly hangup: boolean;
}

interface Event extends Readiness {
  readonly userdata: bigint;
  readonly type: number;
  /** Nanoseconds until it happens; 0 when that is at once. */
  readonly after: bigint;
}

/** The poll function. */
export function pollFunctions(host: WasiHost): WasiFunctions {
  const { memory } = host;
  return {
    poll_oneoff: {
      type: "(i32, i32, i32, i32) -> i32",
      run(list: number, out: number, count: number, eventsOut: number) {
        const subscriptions = count >>> 0;
        if (subscriptions === 0 || subscriptions > SUBSCRIPTION_LIMIT) return ERRNO.INVAL;
        memory.check(list, subscriptions * SUBSCRIPTION_BYTES);
        memory.check(out, subscriptions * EVENT_BYTES);
        memory.check(eventsOut, 4);
        // All are read before any event is written: the two lists may overlap.
        const events: Event[] = [];
        let first = NEVER;
        for (let i = 0; i < subscriptions; i++) {
          const event = subscribe(host, (list >>> 0) + i * SUBSCRIPTION_BYTES);
          if (event === undefined) return ERRNO.INVAL;
          if (event.after < first) first = event.after;
          events.push(event);
        }
        host.tick(subscriptions);
        if (first > 0n) host.sleep(Number(first) / NANOSECONDS_PER_MS);
        const happened = events.filter(({ after }) => after <= first);
        happened.forEach((event, i) => writeEvent(host, (out >>> 0) + i * EVENT_BYTES, event));
        memory.setU32(eventsOut, happened.length);
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** What the subscription at `at` waits for; `undefined` for one of no known kind. */
function subscribe(host: WasiHost, at: number): Event | undefined {
  const { memory } = host;
  const userdata = memory.u64(at);
  const type = memory.u8(at + 8);
  switch (type) {
    case TAG.CLOCK: {
      const id = memory.u32(at + 16);
      const timeout = memory.u64(at + 24);
      const absolute = (memory.u16(at + 40) & ABSOLUTE_TIME) !== 0;
      const now = readClock(host, id);
      const event = { userdata, type, bytes: 0, hangup: false };
      if (now === undefined) return { ...event, errno: clockErrno(id), after: 0n };
      const left = absolute ? timeout - now : timeout;
      return { ...event, errno: ERRNO.SUCCESS, after: left > 0n ? left : 0n };
    }
    case TAG.FD_READ:
    case TAG.FD_WRITE: {
      return {
        userdata,
        type,
        ...ready(host, memory.u32(at + 16), type === TAG.FD_READ),
        after: 0n,
      };
    }
    default:
      return undefined;
  }
}

/** Files are always ready, and so are streams: a read of standard input waits for itself. */
function ready({ stdio, descriptors }: WasiHost, fd: number, reading: boolean): Readiness {
  const descriptor = descriptors.get(fd);
  if (descriptor === undefined || descriptor.kind === "directory") {
    return { errno: ERRNO.BADF, bytes: 0, hangup: false };
  }
  const needed = RIGHT.POLL_FD_READWRITE | (reading ? RIGHT.FD_READ : RIGHT.FD_WRITE);
  if ((descriptor.rights & needed) !== needed) {
    return { errno: ERRNO.NOTCAPABLE, bytes: 0, hangup: false };
  }
  const bytes = !reading
    ? 0
    : descriptor.kind === "stream"
    ? stdio.available
    : Math.max(0, descriptor.file.stat().size - descriptor.position);
  const hangup = reading && descriptor.kind === "stream" && stdio.ended;
  return { errno: ERRNO.SUCCESS, bytes, hangup };
}

function writeEvent({ memory }: WasiHost, at: number, event: Event): void {
  memory.fill(at, EVENT_BYTES, (view) => view.fill(0));
  memory.setU64(at, event.userdata);
  memory.setU16(at + 8, event.errno);
  memory.setU8(at + 10, event.type);
  memory.setU64(at + 16, BigInt(event.bytes));
  if (event.hangup) memory.setU16(at + 24, HANGUP);
}
