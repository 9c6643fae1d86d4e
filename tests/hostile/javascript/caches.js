// hostile 18: stores that outlive it and are everybody's
// ends: nothing

function attack() {
  const names = ["caches", "localStorage", "sessionStorage", "indexedDB", "navigator"];
  return names.filter((name) => typeof globalThis[name] !== "undefined");
}
