// hostile 16: rejections and errors that nobody handles
// ends: nothing guest-error

function attack() {
  Promise.reject(new Error("nobody"));
  (async () => { throw new TypeError("nobody either") })();
  new Promise((_, reject) => setTimeout(() => reject(1), 1));
  setTimeout(() => { throw new Error("in a timer") }, 1);
  queueMicrotask(() => { throw new Error("in a microtask") });
  return new Promise((resolve) => setTimeout(() => resolve([]), 20));
}
