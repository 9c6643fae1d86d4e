/** Starts workers of our own code: the one place that calls `new Worker`. @module */

/**
 * A worker that runs only this package's code at `url`, with the rights of its parent. An error in
 * it reaches `onBroken`, never the host's global handler, where it would end the process.
 */
export function spawnTrusted(url: URL, name: string, onBroken: () => void): Worker {
  const worker = new Worker(url, { type: "module", name });
  worker.onerror = (event) => {
    event.preventDefault();
    onBroken();
  };
  worker.onmessageerror = onBroken;
  return worker;
}

/**
 * The same without any Deno permission, for a worker that goes on to run guests.
 *
 * Where workers may not be given permissions, this ends the whole process with code 70: ask
 * `workerOptionsMissing` first.
 */
export function spawnConfined(url: URL, name: string, onBroken: () => void): Worker {
  // The library's own types know the option only with an unstable flag.
  const options = { type: "module", name, deno: { permissions: "none" } } as const;
  const worker = new Worker(url, options as WorkerOptions);
  worker.onerror = (event) => {
    event.preventDefault();
    onBroken();
  };
  worker.onmessageerror = onBroken;
  return worker;
}
