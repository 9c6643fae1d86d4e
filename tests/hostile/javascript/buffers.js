// hostile 45: buffers that change, detach or are shared while the host reads them
// ends: nothing guest-error bad-guest-data

async function attack() {
  const bytes = new Uint8Array([1, 2, 3]);
  const pending = airlock.var.set("bytes", bytes);
  bytes.buffer.transfer?.();
  await pending;
  const subject = new Uint8Array(8);
  Object.defineProperty(subject, "length", { get: () => 2 ** 31 });
  Object.defineProperty(subject, "byteLength", { get: () => 2 ** 31 });
  await airlock.var.set("lies", subject).catch(() => {});
  const kept = await airlock.var.get("bytes");
  return kept.length === 3 || kept.length === 0 ? [] : [kept.length];
}
