// hostile 57: names of the platform
// ends: nothing

function attack() {
  const names = ["Deno", "process", "self", "postMessage", "fetch", "Worker", "WebSocket", "EventSource", "XMLHttpRequest",
    "navigator", "Buffer", "global", "SharedArrayBuffer", "WebAssembly", "__bootstrap", "core", "ops"];
  return names.filter((name) => { try { return typeof globalThis[name] !== "undefined" } catch { return true } });
}
