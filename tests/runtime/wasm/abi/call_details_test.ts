/** Hookr and waPC: return values, start functions, names, detection, and the other details of their sections. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import wabt from "wabt";
import { ExtensionError, ExtensionHost, type LoadOptions, msgpack } from "../../../../mod.ts";
import { codeOf, failureOf } from "../../../conformance/abi_suite.ts";
import {
  type Convention,
  CONVENTIONS,
  later,
  type LoadedGuest,
  loadGuest,
  moduleOf,
  PROBES,
} from "./call_guests.ts";

const { parseWat } = await wabt();

/** The module of a text in which `CALL` and `INIT` stand for the convention's names. */
function assemble(text: string, { abi, call, init }: Convention): Uint8Array {
  const named = text.replaceAll("ABI", abi).replaceAll("CALL", call).replaceAll("INIT", init);
  const module = parseWat("module.wat", named);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

const EXIT = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
const MEMORY = '(memory (export "memory") 1)';
const CALL = '(func (export "CALL") (param i32 i32) (result i32) (i32.const 1))';

function load(text: string, convention: Convention, options?: LoadOptions): Promise<LoadedGuest> {
  return loadGuest(assemble(`(module ${text})`, convention), options);
}

function bytesOf(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}

for (const { title, module } of PROBES) {
  Deno.test(`${title}: success is exactly 1, and anything else fails`, async () => {
    await using loaded = await loadGuest(module);
    assertEquals(await loaded.text("returns", bytesOf(1)), "");
    for (const value of [0, 2, -1, 257, 2 ** 31 - 1, -(2 ** 31)]) {
      const error = await failureOf(() => loaded.text("returns", bytesOf(value)));
      assertEquals([error.code, error.guest], ["guest-error", ""]);
      assert(error.message.endsWith(': call to "returns" was unsuccessful'), error.message);
    }
    assertEquals(loaded.guest.stats().restarts, 0);
  });

  Deno.test(`${title}: an error text wins over response and return value, an empty one does not`, async () => {
    await using loaded = await loadGuest(module);
    const error = await failureOf(() => loaded.text("both", "wrong"));
    assertEquals([error.code, error.guest], ["guest-error", "wrong"]);
    assertEquals(await loaded.text("both", ""), "");
    assert((await failureOf(() => loaded.text("fail", ""))).message.includes("unsuccessful"));
  });

  Deno.test(`${title}: the last response counts, and none is an empty one`, async () => {
    await using loaded = await loadGuest(module);
    assertEquals(await loaded.text("twice", "second"), "second");
    assertEquals(await loaded.text("twice", ""), "");
    assertEquals(await loaded.text("empty", "ignored"), "");
  });

  Deno.test(`${title}: lengths of the host's answer are 0 but after one, and only in its call`, async () => {
    await using loaded = await loadGuest(module, { hostFunctions: { same: (bytes) => bytes } });
    assertEquals(await loaded.text("lengths"), "0,0");
    assertEquals(await loaded.text("host-lengths", "same"), "4,0");
    assertEquals(await loaded.text("lengths"), "0,0");
    const missing = "no handler registered for operation 'gone'".length;
    assertEquals(await loaded.text("host-lengths", "gone"), `0,${missing}`);
    assertEquals(await loaded.text("lengths"), "0,0");
  });

  Deno.test(`${title}: any name is an operation, and the guest decides`, async () => {
    await using loaded = await loadGuest(module);
    assertEquals(loaded.guest.exports, []);
    for (const name of ["", "memory", "constructor", "日本", "x".repeat(1_000), "__proto__"]) {
      const error = await failureOf(() => loaded.text(name, "x"));
      assertEquals([error.code, error.guest], ["guest-error", "unknown operation"], name);
    }
    for (let i = 0; i < 300; i++) {
      assertEquals(await codeOf(() => loaded.text(`${i}`)), "guest-error");
    }
    assertEquals(await loaded.text("echo", "still"), "still");
  });

  Deno.test(`${title}: fn() is typed over MessagePack`, async () => {
    await using loaded = await loadGuest(module);
    const echo = loaded.guest.fn<{ name: string; n: number[] }, unknown>("echo", {
      codec: msgpack,
    });
    assertEquals(await echo({ name: "é", n: [1, -2, 2 ** 40, 0.5] }), {
      name: "é",
      n: [1, -2, 2 ** 40, 0.5],
    });
    const error = await failureOf(() =>
      loaded.guest.call("twice", undefined, { codec: { ...msgpack, encode: () => "\xc1" } })
    );
    assertEquals(error.code, "bad-guest-data");
  });

  Deno.test(`${title}: a payload larger than allowed is refused`, async () => {
    await using loaded = await loadGuest(module, { limits: { payloadBytes: 10 } });
    assertEquals(await loaded.text("echo", "0123456789"), "0123456789");
    assertEquals(await codeOf(() => loaded.text("echo", "éééééé")), "payload-limit");
  });

  Deno.test(`${title}: a payload that changes while the guest is suspended does not change there`, async () => {
    await using loaded = await loadGuest(module, { hostFunctions: [later] });
    const payload = new TextEncoder().encode("later\0abc");
    const answer = loaded.text("pair", payload);
    payload.fill(0);
    assertEquals(await answer, "abcabc");
  });
}

for (const convention of CONVENTIONS) {
  const { abi, init } = convention;
  const startExits = abi === "wapc";

  Deno.test(`${abi}: start functions run in order, in a context of their own name`, async () => {
    for (const waits of [false, true]) {
      const log: string[] = [];
      const seen: string[] = [];
      const options: LoadOptions = {
        callHandler: waits
          ? async (payload, context) => {
            await Promise.resolve();
            return answer(payload, context.operation);
          }
          : (payload, context) => answer(payload, context.operation),
        log: ({ message }) => void log.push(message),
      };
      const answer = (payload: Uint8Array, operation: string) => {
        seen.push(`${operation} ${new TextDecoder().decode(payload)}`);
        return `${seen.length}`;
      };
      await using loaded = await loadGuest(moduleOf(abi, "starts"), options);
      assertEquals(log, ["_start", "_initialize", init]);
      assertEquals(seen, ["seen _start", "seen _initialize", `seen ${init}`]);
      assertEquals(await loaded.text("x"), `_start=1;_initialize=2;${init}=3;`);
    }
  });

  Deno.test(`${abi}: start functions run again for the instance after a trap`, async () => {
    const text = `(import "ABI" "__host_call" (func $host (param ${
      convention.leading ? "i32 i32 i32 i32" : ""
    } i32 i32 i32 i32) (result i32))) ${MEMORY}
      (data (i32.const 0) "up")
      (func (export "INIT") (drop (call $host ${"(i32.const 0)".repeat(convention.leading)}
        (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0))))
      (func (export "CALL") (param i32 i32) (result i32) unreachable)`;
    let ups = 0;
    await using loaded = await load(text, convention, { hostFunctions: { up: () => void ups++ } });
    assertEquals(ups, 1);
    for (const restarts of [0, 1]) {
      assertEquals(await codeOf(() => loaded.text("x")), "trap");
      assertEquals([ups, loaded.guest.stats().restarts], [restarts + 1, restarts]);
    }
  });

  Deno.test(`${abi}: in a start section there is no call, and no import does anything`, async () => {
    for (const hostFunctions of [{ x: () => "never called" }, [later]]) {
      await using loaded = await loadGuest(moduleOf(abi, "start_section"), { hostFunctions });
      assertEquals(await loaded.guest.invoke("x"), new Uint8Array(4));
    }
  });

  for (const name of ["_start", "_initialize", init]) {
    Deno.test(`${abi}: ${name} that traps, exits or has parameters`, async () => {
      const start = (body: string) => `${EXIT} ${MEMORY} ${CALL} (func (export "${name}") ${body})`;
      for (const options of [{}, { hostFunctions: [later] }]) {
        const failure = (body: string) => failureOf(() => load(start(body), convention, options));
        assertEquals((await failure("unreachable")).code, "trap");
        const exit = await failure("(call $exit (i32.const 3))");
        assertEquals(exit.code, "guest-error");
        assert(exit.message.includes("it exited with status 3"), exit.message);
        const parameters = await failure("(param i32)");
        assertEquals(parameters.code, "unsupported");
        assert(parameters.message.includes(`"${name}" has parameters`), parameters.message);
        const exitsWell = load(start("(call $exit (i32.const 0))"), convention, options);
        if (startExits) {
          await using loaded = await exitsWell;
          assertEquals(await loaded.text("x"), "");
        } else {
          assertEquals((await failureOf(() => exitsWell)).code, "guest-error");
        }
      }
    });
  }

  Deno.test(`${abi}: what a module lacks is told at load, by its rule`, async () => {
    const wrong: readonly (readonly [string, string])[] = [
      [CALL, 'no memory "memory"'],
      [`${MEMORY} (import "ABI" "__host_call" (func))`, "__host_call"],
      [
        `${MEMORY} (import "ABI" "${convention.request}" (func (param i32 i32)))`,
        'no function "CALL"',
      ],
      [`${MEMORY} (func (export "CALL") (result i32) (i32.const 1))`, '"CALL" is () -> i32 where'],
      [`${MEMORY} (func (export "CALL") (param i32 i32))`, '"CALL" is (i32, i32) where'],
      [`${MEMORY} (global (export "CALL") i32 (i32.const 1))`, '"CALL" is a global'],
      [`(import "ABI" "__host_cal" (func)) ${MEMORY} ${CALL}`, 'closest is "ABI.__host_call"'],
      [`(import "ABI" "__host_error" (func)) ${MEMORY} ${CALL}`, '"ABI.__host_error" as ()'],
    ];
    for (const [text, message] of wrong) {
      const named = message.replace("CALL", convention.call).replace("ABI", abi);
      const imports = /\(import .*?\)\)(?=$| )/.exec(text)?.[0] ?? "";
      const error = await failureOf(() => load(imports + text.replace(imports, ""), convention));
      assertEquals(error.code, "unsupported");
      assert(error.message.includes(named), `${named} in: ${error.message}`);
    }
  });

  Deno.test(`${abi}: it is detected by its export, else by its imports`, async () => {
    await using host = new ExtensionHost({ log: () => {} });
    const describe = async (text: string) => {
      const bytes = assemble(`(module ${text})`, convention);
      const { module, issues } = await host.inspect({ name: "guest.wasm", bytes });
      return [module?.abi, module?.evidence[0], issues.length];
    };
    assertEquals(await describe(`${MEMORY} ${CALL}`), [abi, `it exports "${convention.call}"`, 0]);
    assertEquals(
      await describe(`(import "ABI" "__host_response_len" (func (result i32))) ${MEMORY}`),
      [abi, `it imports from "${abi}"`, 1],
    );
  });

  Deno.test(`${abi}: a compiled module is checked when it answers`, async () => {
    await using host = new ExtensionHost({ log: () => {} });
    for (
      const type of ["(param i32 i32)", "(param i32 i32) (result i64)", "(param i64) (result i32)"]
    ) {
      const body = type.endsWith("i64)")
        ? "(i64.const 1)"
        : type.endsWith("i32)") && type.includes("result")
        ? "(i32.const 1)"
        : "";
      const text = `(module ${MEMORY} (func (export "CALL") ${type} ${body}))`;
      const module = new WebAssembly.Module(assemble(text, convention) as Uint8Array<ArrayBuffer>);
      const guest = await host.load(module);
      assertEquals(await codeOf(() => guest.invoke("x")), "bad-guest-data", type);
      await guest.close();
    }
  });
}

Deno.test("a module that imports one convention and exports for the other is told so", async () => {
  for (const [one, other] of [CONVENTIONS, CONVENTIONS.toReversed()]) {
    assert(one && other);
    const text = `(module (import "${one.abi}" "__host_error" (func (param i32)))
      ${MEMORY} ${CALL.replace("CALL", other.call)})`;
    for (const options of [{}, { abi: one.abi }, { abi: other.abi }]) {
      const error = await failureOf(() => loadGuest(assemble(text, one), options));
      assertEquals(error.code, "unsupported");
      assert(
        error.message.includes(`it imports "${one.abi}" but exports "${other.call}"`),
        error.message,
      );
    }
  }
});

Deno.test("a module that follows both conventions is loaded as the one that is named", async () => {
  const [hookr, wapc] = CONVENTIONS;
  assert(hookr && wapc);
  const both = assemble(
    `(module ${MEMORY} ${CALL} ${CALL.replace("CALL", wapc.call)})`,
    hookr,
  );
  const error = await failureOf(() => loadGuest(both));
  assert(error.message.includes("follows several guest conventions: hookr"), error.message);
  for (const { abi } of CONVENTIONS) {
    await using loaded = await loadGuest(both, { abi });
    assertEquals(loaded.guest.abi, abi);
  }
});

Deno.test("registerHostFunction() is refused for a guest that has no way to call", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const bytes = await Deno.readFile(new URL("../wasm/echo.wasm", moduleOf("hookr", "x")));
  const guest = await host.load({ name: "echo.wasm", bytes });
  const error = await assertRejects(
    () => Promise.resolve().then(() => guest.registerHostFunction("x", () => "")),
    ExtensionError,
  );
  assertEquals(error.code, "unsupported");
});
