/**
 * What one call costs in each tier, against a bare loop over the same WASM module without any
 * host. Run: `deno task bench` (with `--json` for a machine)
 *
 * @module
 */

import { type Extension, ExtensionHost, json, NativeRegistry } from "@airlock/host";
import { validate } from "../examples/extensions/validate-native/validate.ts";
import { type Candidate, measure, report } from "./measure.ts";

const EXTENSIONS = new URL("../examples/extensions/", import.meta.url);
const PAYLOAD = '{"email":"Foo@Example.COM ","age":25}';
const ANSWER = '{"ok":true,"email":"foo@example.com","age":25}';

/** The least that calling the base ABI takes: no checks, no limits, no host. */
async function bareLoop(): Promise<Candidate> {
  const bytes = await Deno.readFile(new URL("validate-rust/validate.wasm", EXTENSIONS));
  const { instance } = await WebAssembly.instantiate(bytes);
  const { memory, validate, __base_alloc: alloc, __base_free: free } = instance
    .exports as unknown as {
      readonly memory: WebAssembly.Memory;
      readonly validate: (ptr: number, length: number) => bigint;
      readonly __base_alloc: (size: number) => number;
      readonly __base_free: (ptr: number, size: number) => void;
    };
  const encoder = new TextEncoder();
  let view = new Uint8Array(memory.buffer);
  const call = (): Uint8Array => {
    const input = encoder.encode(PAYLOAD);
    const ptr = alloc(input.length);
    if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
    view.set(input, ptr);
    const packed = validate(ptr, input.length);
    free(ptr, input.length);
    const at = Number(BigInt.asUintN(32, packed >> 32n));
    const length = Number(BigInt.asUintN(32, packed));
    if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
    const result = view.slice(at, at + length);
    free(at, length);
    return result;
  };
  check("bare loop", call());
  return {
    name: "bare loop",
    run(n) {
      for (let i = 0; i < n; i++) call();
    },
  };
}

function check(name: string, result: Uint8Array): void {
  const text = new TextDecoder().decode(result);
  if (text !== ANSWER) throw new TypeError(`${name} answered ${text}`);
}

async function viaInvoke(name: string, ext: Extension): Promise<Candidate> {
  check(name, await ext.invoke("validate", PAYLOAD));
  return {
    name,
    async run(n) {
      for (let i = 0; i < n; i++) await ext.invoke("validate", PAYLOAD);
    },
  };
}

const native = new NativeRegistry().register("validate-native:validate", validate, { codec: json });
await using host = new ExtensionHost({ native });
const at = (name: string) => new URL(name, EXTENSIONS);
const rust = await host.load(at("validate-rust"));
const script = await Deno.readTextFile(at("validate-js/validate.js"));
const javascript = (name: string) => ({
  manifest: { name, runtime: "js", module: "validate.js", exports: ["validate"] },
  files: { "validate.js": script },
});
const worker = await host.load(javascript("worker"), { isolation: "worker" });
const process = await host.load(javascript("process"), { isolation: "process" });

report(
  "validate(email, age), 37 bytes of JSON in, 46 out",
  await measure([
    await bareLoop(),
    {
      name: "wasm (Rust), invokeSync",
      run(n) {
        for (let i = 0; i < n; i++) rust.invokeSync("validate", PAYLOAD);
      },
    },
    await viaInvoke("wasm (Rust), invoke", rust),
    await viaInvoke("wasm (AssemblyScript), invoke", await host.load(at("validate-as"))),
    await viaInvoke("wasm (C), invoke", await host.load(at("validate-c"))),
    await viaInvoke("wasm (Go), invoke", await host.load(at("validate-go"))),
    await viaInvoke("native, invoke", await host.load(at("validate-native"))),
    await viaInvoke("QuickJS, invoke", await host.load(at("validate-quickjs"))),
    await viaInvoke("worker, invoke", worker),
    await viaInvoke("process, invoke", process),
  ]),
);
