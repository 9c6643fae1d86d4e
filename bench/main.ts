/** Runs one benchmark by its name: `deno task bench NAME [--json]`. @module */

const NAMES = [
  "invoke",
  "broker",
  "metering",
  "hookr",
  "extism",
  "lanes",
  "off_thread",
  "wasi",
  "validate",
  "extensions",
  "abort",
];

const name = Deno.args.find((arg) => !arg.startsWith("-")) ?? "invoke";
if (NAMES.includes(name)) await import(`./${name}.ts`);
else {
  console.error(`There is no benchmark "${name}"; there are ${NAMES.join(", ")}`);
  Deno.exitCode = 2;
}
