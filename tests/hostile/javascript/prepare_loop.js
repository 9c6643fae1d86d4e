// hostile 56: a stack hook that never ends
// ends: timeout guest-error nothing

function attack() {
  Error.prepareStackTrace = () => { for (;;); };
  globalThis.Error = Object.assign(function () {}, { prepareStackTrace() { for (;;); } });
  null.x;
}
