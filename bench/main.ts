/** Runs one benchmark by its name: `deno task bench [invoke|broker|metering|hookr|extism|lanes|wasi] [--json]` @module */

const NAMES = ["invoke", "broker", "metering", "hookr", "extism", "lanes", "wasi"];

const name = Deno.args.find((arg) => !arg.startsWith("-")) ?? "invoke";
if (NAMES.includes(name)) await import(`./${name}.ts`);
else {
  console.error(`There is no benchmark "${name}"; there are ${NAMES.join(", ")}`);
  Deno.exitCode = 2;
}
