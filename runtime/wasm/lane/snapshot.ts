/** A copy of a guest's memory, for host code that works on it while the guest is on another thread. @module */

import type { RawMemory } from "../../../capabilities/raw_import.ts";
import { GuestMemory } from "../../memory.ts";
import type { RawAnswer } from "./wire.ts";

/** What is written to it is remembered, for whoever has the memory itself. */
export interface MemorySnapshot extends RawMemory {
  readonly writes: RawAnswer["writes"];
}

/** The memory that `bytes` are all of. */
export function snapshotOf(bytes: Uint8Array): MemorySnapshot {
  const memory = new GuestMemory();
  memory.attach({ buffer: bytes.buffer });
  const writes: (readonly [ptr: number, bytes: Uint8Array])[] = [];
  return {
    writes,
    get size() {
      return memory.size;
    },
    read: (ptr, len) => memory.read(ptr, len),
    text: (ptr, len) => memory.text(ptr, len),
    u32: (ptr) => memory.u32(ptr),
    write(ptr, bytes) {
      memory.write(ptr, bytes);
      writes.push([ptr, bytes.slice()]);
    },
    setU32(ptr, value) {
      memory.setU32(ptr, value);
      writes.push([ptr, memory.read(ptr, 4)]);
    },
  };
}
