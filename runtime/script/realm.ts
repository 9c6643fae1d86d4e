/** A fresh V8 context for the code of one extension. Nothing of the host's own realm goes in. @module */

import { compileFunction, constants, createContext, Script, SourceTextModule } from "node:vm";
import type { CallRequest } from "./bundle.ts";
import { type Ask, type Enter, type Post, PRELUDE, PRELUDE_NAME } from "./prelude.ts";

/** How a module finds what it imports. */
export type Link = (
  referrer: string,
  specifier: string,
  attribute: string | undefined,
) => Promise<LinkedFile>;

/** What an import means. */
export type LinkedFile =
  | { readonly kind: "module" | "json" | "text"; readonly path: string; readonly text: string }
  | { readonly kind: "host" };

/** A context with the prelude in it. Everything but `link` may run guest code: guard it. */
export interface Realm {
  /** Enters the prelude, then runs the jobs that are due. Never throws. */
  readonly enter: Enter;
  /** Enters it with several calls, one after another. Never throws. */
  readonly call: (calls: readonly CallRequest[]) => void;
  /**
   * Parses the entry of an ES module and everything that it imports; nothing is run.
   *
   * @throws {ParseError} or whatever `link` throws.
   */
  readonly link: (path: string, text: string, link: Link) => Promise<void>;
  /** Runs what was linked. `done` must enter the realm, with the namespace or what was thrown. */
  readonly evaluate: (done: (kind: "namespace" | "threw", value: unknown) => void) => void;
  /**
   * Parses a CommonJS file or a script.
   *
   * @throws {ParseError} when it cannot be parsed.
   */
  readonly define: (path: string, text: string) => void;
  readonly prepare: (path: string, text: string) => void;
  /** Runs the prepared script. */
  readonly runScript: () => void;
}

/** A file that V8 cannot parse. No guest code has run: its error may be read. */
export class ParseError extends Error {
  /** The file's path inside the extension. */
  readonly path: string;

  constructor(path: string, error: unknown) {
    const { message } = (typeof error === "object" && error !== null ? error : {}) as {
      readonly message?: unknown;
    };
    super(typeof message === "string" ? message : "it cannot be parsed");
    this.path = path;
  }
}

function parsing<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ParseError(path, error);
  }
}

/** Names of the parameters that CommonJS files see. */
const WRAPPER = ["exports", "require", "module", "__filename", "__dirname"];

/** Runs the jobs of a realm: they run only when a script of it ends. */
const drain = new Script("0", { filename: "airlock:drain" });

const prelude = new Script(PRELUDE, { filename: PRELUDE_NAME });

/** Makes a realm. `post` and `ask` follow the contract of the prelude. */
export function openRealm(post: Post, ask: Ask): Realm {
  // The context has its own queue of jobs, which the watchdog covers.
  const context = createContext(constants.DONT_CONTEXTIFY as unknown as object, {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: "afterEvaluate",
  });
  const make = prelude.runInContext(context) as (post: Post, ask: Ask) => Enter;
  const guestEnter = make(post, ask);
  const enter: Enter = (kind, id, a, b) => {
    guestEnter(kind, id, a, b);
    drain.runInContext(context);
  };
  let main: SourceTextModule | undefined;
  let script: Script | undefined;

  function compile(identifier: string, text: string): SourceTextModule {
    // `import.meta` stays empty; without a callback `import()` rejects with the realm's own error.
    return parsing(
      identifier,
      () => new SourceTextModule(text, { context, identifier, initializeImportMeta: () => {} }),
    );
  }

  return {
    enter,
    call(calls) {
      // The jobs of each run before the next is entered: what they ask for is the call's own.
      for (const { id, fn, each, payload } of calls) {
        enter(each ? "each" : "call", id, fn, payload);
      }
    },
    async link(path, text, link) {
      const modules = new Map<string, SourceTextModule>();
      const moduleOf = (file: LinkedFile): SourceTextModule => {
        const key = file.kind === "host" ? "airlock:host" : `${file.kind}:${file.path}`;
        let module = modules.get(key);
        if (!module) modules.set(key, module = compile(nameOf(file), textOf(file)));
        return module;
      };
      main = moduleOf({ kind: "module", path, text });
      await main.link(async (specifier, referrer, extra) =>
        moduleOf(await link(referrer.identifier, specifier, typeOf(extra.attributes)))
      );
    },
    evaluate(done) {
      const module = main;
      if (!module) return;
      // The host's own promise: it hands the guest's value on and never looks at it.
      module.evaluate().then(
        () => done("namespace", module.namespace),
        (reason: unknown) => done("threw", reason),
      );
      drain.runInContext(context);
    },
    define(path, text) {
      const wrapper: unknown = parsing(
        path,
        () => compileFunction(text, WRAPPER, { parsingContext: context, filename: path }),
      );
      guestEnter("define", 0, path, wrapper);
    },
    prepare(path, text) {
      script = parsing(path, () => new Script(text, { filename: path }));
    },
    runScript() {
      try {
        script?.runInContext(context);
      } catch (error) {
        enter("threw", 0, error, undefined);
        return;
      }
      enter("script", 0, undefined, undefined);
    },
  };
}

function typeOf(attributes: unknown): string | undefined {
  const type: unknown = (attributes as { readonly type?: unknown } | undefined)?.type;
  return typeof type === "string" ? type : undefined;
}

function nameOf(file: LinkedFile): string {
  return file.kind === "host" ? "airlock:host" : file.path;
}

function textOf(file: LinkedFile): string {
  switch (file.kind) {
    case "module":
      return file.text;
    case "host":
      return "export default globalThis.airlock;";
    case "text":
      return `export default ${JSON.stringify(file.text)};`;
    case "json":
      return `export default JSON.parse(${JSON.stringify(file.text)});`;
  }
}
