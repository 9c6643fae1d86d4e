/** Manifests that several tests use. @module */

/** A manifest with every field, as the documentation shows it. */
export const FULL = `{
  "$schema": "./manifest.schema.json",
  "name": "notes", "version": "1.2.0", "description": "Keeps notes",
  "runtime": "wasm", "module": "./notes.wasm", "abi": "base", "codec": "json", "exports": ["onCreate"],
  "integrity": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
  "capabilities": [
    "log",
    { "name": "net", "hosts": ["api.example.com:443", "*.cdn.example.com"], "reason": "fetches rates" },
    { "name": "fs", "read": ["data/"], "write": ["cache/"] },
    { "name": "sqlite", "tables": { "notes": "rw", "users": "r" } },
    { "name": "env", "names": ["NOTES_LANG"], "optional": true }
  ],
  "protocols": ["http"], "events": { "Saved": { "description": "A note was saved", "fields": {} } },
  "limits": { "memoryBytes": 16777216, "timeoutMs": 1000, "fuel": null, "payloadBytes": 1048576 },
  "config": { "theme": { "dark": true }, "constructor": "Jo" },
  "dependsOn": ["clock-work"], "engines": { "airlock": "^0.1", "deno": ">=2" },
  "isolation": "process", "routes": [{ "path": "/" }], "jobs": [{ "every": "1h" }]
}`;

/** The smallest manifest, with `more` keys as JSON text. */
export function small(more = ""): string {
  return `{"name":"a","runtime":"wasm"${more === "" ? "" : `,${more}`}}`;
}

/** Manifests that must load. */
export const GOOD: { readonly [what: string]: string } = {
  full: FULL,
  smallest: small(),
  "an underscore": '{"name":"my_plugin","runtime":"wasm"}',
  "letters of any script": '{"name":"Заметки é 数据","runtime":"wasm"}',
  "an embedder's own runtime": '{"name":"a","runtime":"lua"}',
  "any version": small('"version":"v1 (beta)"'),
  "no hash": small('"integrity":""'),
  "no module": small('"module":""'),
  "a bare hash": small(`"integrity":"${"aB".repeat(32)}"`),
  "a hexadecimal SRI hash": small(`"integrity":"sha512-${"0f".repeat(64)}"`),
  "a SHA-384 hash": small(`"integrity":"sha384-${"A".repeat(64)}"`),
  "a SHA-512 hash": small(`"integrity":"sha512-${"A".repeat(86)}=="`),
  "a module in a directory": small('"module":"dist/a.b/..c/main.wasm"'),
  "limits that are not set": small('"limits":{"fuel":null,"memoryBytes":null}'),
  "a fraction of a millisecond": small('"limits":{"timeoutMs":0.5}'),
  "no capabilities": small('"capabilities":[]'),
  "dotted capabilities": small('"capabilities":["http.serve","transport.ws.inbound","db:read"]'),
  "a capability twice": small(
    '"capabilities":[{"name":"net","hosts":["a"]},{"name":"net","hosts":["b"],"optional":true}]',
  ),
  "arguments of any form": small('"capabilities":[{"name":"x","a":[1,{"b":null}],"c":false}]'),
  "exports with the names of object members": small('"exports":["__proto__","then","constructor"]'),
  "any range": small('"engines":{"airlock":"*"}'),
  "either range": small('"engines":{"airlock":"^0.9 || ~0.1.0"}'),
};

/** Manifests of Hanzo Base, which must load as they are. */
export const BASE: { readonly [what: string]: string } = {
  native: '{"name":"validate-email","runtime":"native","exports":["validate"]}',
  goja:
    '{"name":"validate-email","version":"0.1.0","runtime":"goja","module":"index.js","exports":["validate"]}',
  wazero:
    '{"name":"validate-email","runtime":"wazero","module":"build/validate.wasm","exports":["validate"]}',
  v8go: '{"name":"validate-email","runtime":"v8go","exports":["onCreate","onUpdate"]}',
};
