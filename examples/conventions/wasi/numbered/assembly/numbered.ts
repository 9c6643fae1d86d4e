/*
 * Numbers the lines of standard input as they come, as `cat -n` does: a WASI command in AssemblyScript
 * without a library between it and the host. `numbered FROM` begins with another number; a FROM that is
 * none exits with status 2.
 */

@external("wasi_snapshot_preview1", "fd_read")
declare function fdRead(fd: u32, buffers: usize, count: u32, read: usize): u32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fdWrite(fd: u32, buffers: usize, count: u32, written: usize): u32;
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function argsSizes(count: usize, size: usize): u32;
@external("wasi_snapshot_preview1", "args_get")
declare function argsGet(list: usize, text: usize): u32;
@external("wasi_snapshot_preview1", "proc_exit")
declare function exit(status: u32): void;

const CHUNK: u32 = 4096;
const NEWLINE: u8 = 10;

// one buffer (pointer, length), and where counts are written
const vector = memory.data(8);
const counted = memory.data(8);
const chunk = memory.data(4096);

/** Writes all of it: a write may be shorter than what was given. */
function print(fd: u32, from: usize, length: u32): void {
  while (length > 0) {
    store<u32>(vector, from);
    store<u32>(vector, length, 4);
    if (fdWrite(fd, vector, 1, counted) != 0) exit(1);
    const written = load<u32>(counted);
    from += written;
    length -= written;
  }
}

function printText(fd: u32, text: string): void {
  const bytes = String.UTF8.encode(text);
  print(fd, changetype<usize>(bytes), bytes.byteLength);
}

/** The first number; the argument's, if there is one. */
function firstNumber(): u32 {
  argsSizes(counted, counted + 4);
  const count = load<u32>(counted);
  if (count < 2) return 1;
  const list = heap.alloc(count * 4);
  argsGet(list, heap.alloc(load<u32>(counted, 4)));
  const text = load<u32>(list, 4);
  let number: u32 = 0;
  for (let at = text; load<u8>(at) != 0; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) {
      printText(2, "numbered: the first number is none\n");
      exit(2);
    }
    number = number * 10 + digit;
  }
  return number;
}

export function _start(): void {
  let number = firstNumber();
  let fresh = true;
  for (;;) {
    store<u32>(vector, chunk);
    store<u32>(vector, CHUNK, 4);
    if (fdRead(0, vector, 1, counted) != 0) exit(1);
    const length = load<u32>(counted);
    if (length == 0) return;
    let start: u32 = 0;
    for (let at: u32 = 0; at < length; at++) {
      if (fresh) printText(1, (number++).toString().padStart(6) + "  ");
      fresh = load<u8>(chunk + at) == NEWLINE;
      if (!fresh && at + 1 < length) continue;
      print(1, chunk + start, at + 1 - start);
      start = at + 1;
    }
  }
}
