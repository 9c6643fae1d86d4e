/** The one exception that a guest's `catch_all` does not swallow: a real trap, kept. @module */

/** `(module (func (export "f") unreachable))` */
const UNREACHABLE = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00], // one type: () -> ()
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // exported as "f"
  ...[0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b], // unreachable, end
];

let saved: unknown;

/**
 * A trap to throw, or to reject with, from inside a host function. The reason has to be kept
 * elsewhere: it is always the same object. Any other exception can be caught by the guest.
 */
export function guestEndingTrap(): unknown {
  if (saved !== undefined) return saved;
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(new Uint8Array(UNREACHABLE)),
  );
  try {
    (exports["f"] as () => void)();
  } catch (trap) {
    saved = trap;
  }
  return saved;
}
