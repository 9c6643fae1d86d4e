let kept = 0;
export function keep(value) {
  kept = value;
  globalThis.kept = value;
  Object.prototype.kept = value;
  return airlock.kv.set("kept", String(value));
}
export async function told() {
  return [kept, globalThis.kept ?? 0, {}.kept ?? 0, await airlock.kv.get("kept") ?? 0];
}
