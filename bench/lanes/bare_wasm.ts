/** A worker that runs an export of a module, with no host and no metering: what a machine's threads can do. @module */

const scope = globalThis as unknown as Worker;
let work: ((ptr: number, len: number) => unknown) | undefined;

scope.onmessage = ({ data }: MessageEvent<WebAssembly.Module | null>) => {
  if (data === null) work?.(0, 0);
  else work = new WebAssembly.Instance(data).exports["work"] as typeof work;
  scope.postMessage(null);
};
