// hostile 21: waiting for ever on shared memory
// ends: timeout trap guest-error

function attack() { const s = new SharedArrayBuffer(4); Atomics.wait(new Int32Array(s), 0, 0); }
