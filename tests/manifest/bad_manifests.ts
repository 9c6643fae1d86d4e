/** Manifests that must not load, each with the paths of its issues and what is suggested. @module */

import { small } from "./manifests.ts";

/** A manifest, and per issue the path and the suggestion. */
export interface Bad {
  readonly text: string;
  readonly issues: readonly (readonly [path: string, suggestion?: string])[];
  /** Only the parser sees it; a JSON Schema cannot. */
  readonly parserOnly?: true;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const name = (text: string) => JSON.stringify({ name: text, runtime: "wasm" });
const module = (path: string) => small(`"module":${JSON.stringify(path)}`);
const ask = (text: string) => small(`"capabilities":[${JSON.stringify(text)}]`);
const hash = (text: string) => small(`"integrity":"${text}"`);
const limit = (text: string) => small(`"limits":{"memoryBytes":${text}}`);

/** Texts that are not acceptable JSON. */
export const BAD_TEXT: { readonly [what: string]: string | Uint8Array } = {
  "no text": "",
  "no JSON": "not json",
  "a byte order mark": "\ufeff" + small(),
  "a byte order mark in bytes": utf8("\ufeff" + small()),
  "bytes that are not UTF-8": new Uint8Array([0x7b, 0xff, 0x7d]),
  "UTF-16": new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
  "more than 1 MiB": " ".repeat(1024 * 1024) + small(),
  "more than 1 MiB of bytes": utf8(" ".repeat(1024 * 1024 + 1)),
  "more than 1 MiB in fewer characters": `"${"é".repeat(600_000)}"`,
  "a trailing comma": '{"name":"a","runtime":"wasm",}',
  "a trailing comma in a list": small('"exports":["f",]'),
  "a comment": `// hello\n${small()}`,
  "a block comment": small('/* x */"exports":[]'),
  "single quotes": "{'name':1}",
  "two values": `${small()}{}`,
  "a missing comma": '{"name":"a" "runtime":"wasm"}',
  "an open end": '{"name":"a',
  "a raw line break in a string": '{"name":"a\n","runtime":"wasm"}',
  "a raw tab in a string": '{"name":"a\t","runtime":"wasm"}',
  "an unknown escape": '{"name":"\\x41","runtime":"wasm"}',
  "a number with a leading zero": limit("01"),
  "no number": limit("NaN"),
  "a non-breaking space": "\u00a0" + small(),
  "nesting 65 deep": small(`"config":{"x":${"[".repeat(63)}${"]".repeat(63)}}`),
  "nesting 100,000 deep": "[".repeat(100_000),
  "nesting 100,000 deep in valid JSON": "[".repeat(100_000) + "]".repeat(100_000),
  "nesting hidden by wrong closers": "[}".repeat(100_000),
  "nesting hidden by an open string": '["\n' + "[".repeat(100_000),
  "nesting hidden by comments": "[//]\n".repeat(20_000),
};

/** JSON that is no manifest. */
export const BAD_SHAPE: { readonly [what: string]: Bad } = {
  "a list": { text: "[]", issues: [[""]] },
  "a string": { text: '"name"', issues: [[""]] },
  "null": { text: "null", issues: [[""]] },
  "nothing in it": { text: "{}", issues: [["name"], ["runtime"]] },
  "a repeated key": { text: small('"name":"b"'), issues: [["name"]], parserOnly: true },
  "a repeated key far inside": {
    text: small('"config":{"list":[{"a":1,"b":{},"a":2}]}'),
    issues: [["config.list[0].a"]],
    parserOnly: true,
  },
  "a repeated key, escaped": {
    text: small('"config":{"a":1,"\\u0061":2}'),
    issues: [["config.a"]],
    parserOnly: true,
  },
  "a prototype": { text: small('"__proto__":{}'), issues: [["__proto__"]] },
  "a prototype, escaped": { text: small('"\\u005f_proto__":{}'), issues: [["__proto__"]] },
  "a prototype in the configuration": {
    text: small('"config":{"a":[{"__proto__":{"isAdmin":true}}]}'),
    issues: [["config.a[0].__proto__"]],
    parserOnly: true,
  },
  "a prototype in an ask": {
    text: small('"capabilities":[{"name":"net","__proto__":1}]'),
    issues: [["capabilities[0].__proto__"]],
  },
  "an event called __proto__": {
    text: small('"events":{"__proto__":{}}'),
    issues: [["events.__proto__"]],
  },
  "a name with a slash": { text: name("a/b"), issues: [["name"]] },
  "a name with a backslash": { text: name("a\\b"), issues: [["name"]] },
  "a name of two dots": { text: name(".."), issues: [["name"]] },
  "a name with two dots": { text: name("a..b"), issues: [["name"]] },
  "a name with NUL": { text: name("a\0b"), issues: [["name"]] },
  "a name with a line break": { text: name("a\nb"), issues: [["name"]] },
  "a name that turns the text around": { text: name("a\u202eb"), issues: [["name"]] },
  "a name with a soft hyphen": { text: name("a\u00adb"), issues: [["name"]] },
  "a name with a zero-width space": { text: name("a\u200bb"), issues: [["name"]] },
  "a name with a hidden tag": { text: name("a\u{e0041}b"), issues: [["name"]] },
  "a name that is half a character": { text: name("a\ud800"), issues: [["name"]] },
  "a name with a leading dot": { text: name(".hidden"), issues: [["name"]] },
  "a name with a space before": { text: name(" a"), issues: [["name", "a"]] },
  "a name with a space after": { text: name("a\u00a0"), issues: [["name", "a"]] },
  "a name of spaces": { text: name("  "), issues: [["name"]] },
  "a name that objects know": { text: name("constructor"), issues: [["name"]] },
  "a name that is a prototype": { text: name("__proto__"), issues: [["name"]] },
  "no name in the name": { text: name(""), issues: [["name"]] },
  "a name of 129 characters": { text: name("n".repeat(129)), issues: [["name"]] },
  "a name of a million characters": { text: name("n".repeat(1_000_000)), issues: [["name"]] },
  "a name in another Unicode form": {
    text: name("e\u0301"),
    issues: [["name", "\u00e9"]],
    parserOnly: true,
  },
  "a number for a name": { text: '{"name":1,"runtime":"wasm"}', issues: [["name"]] },
  "null for a name": { text: '{"name":null,"runtime":"wasm"}', issues: [["name"]] },
  "no runtime in the runtime": { text: '{"name":"a","runtime":""}', issues: [["runtime"]] },
  "a version that is none": { text: small('"version":""'), issues: [["version"]] },
  "a number for a version": { text: small('"version":1.0'), issues: [["version"]] },
  "an absolute module": { text: module("/etc/passwd"), issues: [["module"]] },
  "a module outside": { text: module("../b/x.wasm"), issues: [["module"]] },
  "a module outside by a detour": { text: module("a/../../x.wasm"), issues: [["module"]] },
  "a module outside on Windows": { text: module("a/.. /.. /x.wasm"), issues: [["module"]] },
  "a module with a drive": { text: module("C:/x.wasm"), issues: [["module"]] },
  "a module with backslashes": { text: module("a\\x.wasm"), issues: [["module", "a/x.wasm"]] },
  "a module on a share": { text: module("\\\\host\\x.wasm"), issues: [["module"]] },
  "a module at an address": { text: module("https://example.com/x.wasm"), issues: [["module"]] },
  "a module in the text": { text: module("data:application/wasm,"), issues: [["module"]] },
  "a module with NUL": { text: module("x.wasm\0.js"), issues: [["module"]] },
  "a directory for a module": { text: module("dist/"), issues: [["module"]] },
  "the directory for a module": { text: module("./"), issues: [["module"]] },
  "a module with backslashes and a hidden mark": {
    text: module("a\\\u202ex.wasm"),
    issues: [["module"]],
  },
  "a module of 1,025 characters": { text: module("m".repeat(1025)), issues: [["module"]] },
  "a repeated export": { text: small('"exports":["f","g","f"]'), issues: [["exports[2]"]] },
  "an export without a name": { text: small('"exports":[""]'), issues: [["exports[0]"]] },
  "exports that are no list": { text: small('"exports":"f"'), issues: [["exports"]] },
  "exports that are no strings": {
    text: small('"exports":[1,null,["f"]]'),
    issues: [["exports[0]"], ["exports[1]"], ["exports[2]"]],
  },
  "a short hash": { text: hash("sha256-47DEQpj8"), issues: [["integrity"]] },
  "a hash with another's length": {
    text: hash(`sha512-${"A".repeat(43)}=`),
    issues: [["integrity"]],
  },
  "a hash without its end": { text: hash(`sha256-${"A".repeat(43)}`), issues: [["integrity"]] },
  "a hash with bits over": { text: hash(`sha256-${"A".repeat(42)}B=`), issues: [["integrity"]] },
  "a weak hash": { text: hash(`sha1-${"A".repeat(27)}=`), issues: [["integrity"]] },
  "a hash of another spelling": {
    text: hash(`SHA-256:${"ab".repeat(32)}`),
    issues: [["integrity", `sha256-${"ab".repeat(32)}`]],
  },
  "a look-alike capability": { text: ask("n\u0435t"), issues: [["capabilities[0]", "net"]] },
  "a full-width capability": {
    text: ask("\uff4e\uff45\uff54"),
    issues: [["capabilities[0]", "net"]],
  },
  "a capability with a hidden mark": {
    text: ask("ne\u200bt"),
    issues: [["capabilities[0]", "net"]],
  },
  "a capability with a trailing space": { text: ask("net "), issues: [["capabilities[0]", "net"]] },
  "a capability in upper case": { text: ask("Net"), issues: [["capabilities[0]", "net"]] },
  "a capability without a name": { text: ask(""), issues: [["capabilities[0]"]] },
  "a capability called all of them": { text: ask("*"), issues: [["capabilities[0]"]] },
  "a capability that is a prototype": { text: ask("__proto__"), issues: [["capabilities[0]"]] },
  "asks that are neither names nor objects": {
    text: small('"capabilities":[1,null,["net"],true]'),
    issues: [["capabilities[0]"], ["capabilities[1]"], ["capabilities[2]"], ["capabilities[3]"]],
  },
  "an ask without a name": {
    text: small('"capabilities":[{"hosts":[]}]'),
    issues: [["capabilities[0].name"]],
  },
  "an ask with the wrong types": {
    text: small('"capabilities":[{"name":1,"optional":"yes","reason":[]}]'),
    issues: [["capabilities[0].name"], ["capabilities[0].optional"], ["capabilities[0].reason"]],
  },
  "capabilities that are no list": {
    text: small('"capabilities":{"net":true}'),
    issues: [["capabilities"]],
  },
  "an argument too large for a number": {
    text: small('"capabilities":[{"name":"kv","bytes":1e999}]'),
    issues: [["capabilities[0].bytes"]],
    parserOnly: true,
  },
  "a limit of nothing": { text: limit("0"), issues: [["limits.memoryBytes"]] },
  "a limit below nothing": { text: limit("-1"), issues: [["limits.memoryBytes"]] },
  "a limit too large for a number": { text: limit("1e999"), issues: [["limits.memoryBytes"]] },
  "a limit that cannot be counted": {
    text: limit("9007199254740993"),
    issues: [["limits.memoryBytes"]],
  },
  "a limit in words": { text: limit('"64MiB"'), issues: [["limits.memoryBytes"]] },
  "an unknown limit": {
    text: small('"limits":{"memory":1}'),
    issues: [["limits.memory", "memoryBytes"]],
  },
  "a number too large in the configuration": {
    text: small('"config":{"a":[-1e999]}'),
    issues: [["config.a[0]"]],
    parserOnly: true,
  },
  "configuration that is no object": { text: small('"config":[]'), issues: [["config"]] },
  "an unknown isolation": {
    text: small('"isolation":"proces"'),
    issues: [["isolation", "process"]],
  },
  "a mistyped key": { text: small('"mdule":"x"'), issues: [["mdule", "module"]] },
  "a key of another spelling": {
    text: small('"depends_on":[]'),
    issues: [["depends_on", "dependsOn"]],
  },
  "a key with odd characters": { text: small('"a b\\u0007":1'), issues: [['["a b\\u{7}"]']] },
  "keys that every object has": {
    text: small('"toString":1,"constructor":2'),
    issues: [["toString"], ["constructor"]],
  },
  "an unknown key of an event": {
    text: small('"events":{"Saved":{"field":{}}}'),
    issues: [["events.Saved.field", "fields"]],
  },
  "an event that is no object": { text: small('"events":{"E":"x"}'), issues: [["events.E"]] },
  "engines that are no strings": {
    text: small('"engines":{"airlock":1}'),
    issues: [["engines.airlock"]],
  },
  "a newer host's manifest": {
    text: small('"engines":{"airlock":"^0.3"}'),
    issues: [["engines.airlock"]],
    parserOnly: true,
  },
  "a range of versions that is none": {
    text: small('"engines":{"airlock":"newest"}'),
    issues: [["engines.airlock"]],
    parserOnly: true,
  },
  "a range of a million characters": {
    text: small(`"engines":{"airlock":"${"1 ".repeat(500_000)}"}`),
    issues: [["engines.airlock"]],
  },
  "routes that cannot be": {
    text: small(
      '"routes":[{"path":"a"},{"path":"/:","method":"get"},{"path":"/a/../b"},{"handler":"f"},{"path":"/","protocol":"tcp","to":1}]',
    ),
    issues: [
      ["routes[0].path"],
      ["routes[1].path"],
      ["routes[1].method", "GET"],
      ["routes[2].path"],
      ["routes[3].path"],
      ["routes[4].protocol"],
      ["routes[4].to"],
    ],
  },
  "routes that are no objects": { text: small('"routes":["/a"]'), issues: [["routes[0]"]] },
  "a dependency with a path": { text: small('"dependsOn":["../a"]'), issues: [["dependsOn[0]"]] },
};
