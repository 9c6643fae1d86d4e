/** The global world of one extension inside its interpreter: the prelude, its files, and the way in. @module */

import type { QuickJSHandle } from "quickjs-emscripten-core";
import { Fault } from "../errors.ts";
import type { Dialect } from "../script/dialect.ts";
import { fileKey, HOST_SPECIFIER, resolveIn, type ScriptFile } from "../script/graph.ts";
import { PRELUDE, PRELUDE_NAME } from "../script/prelude.ts";
import { quote } from "../script/resolve.ts";
import type { Interpreter } from "./interpreter.ts";

/** What the guest's side says and asks; see the contract of the prelude. */
export interface RealmHost {
  /** `body` is `undefined` when it was longer than may cross. */
  post(kind: string, id: number, other: number, head: string, body: string | undefined): void;
  ask(what: string, head: string, body: string | undefined): string;
}

/** The files of an extension, all at hand. */
export interface Program {
  readonly entry: ScriptFile;
  readonly files: ReadonlyMap<string, ScriptFile>;
}

/** What the guest finds when it begins. */
export interface RealmSetup {
  readonly dialect: Dialect;
  /** What the operator replaced: "clock", "random", both or neither. */
  readonly replaced: string;
  /** Operations and configuration, as JSON. */
  readonly surface: string;
  readonly config: string;
  /** Longest text that crosses in one piece, in UTF-16 units. */
  readonly textLimit: number;
}

/** A value on its way in: text, a flag, or one of the guest's own. */
type Passed = string | number | boolean | QuickJSHandle | undefined;

/** Names that are kept as values of the guest: callers may use any number of them. */
const WORDS_KEPT = 64;

/**
 * Around the prelude: gives the result of a call as what `enter` returns, `=` before it, where it is
 * there at once. A function of the host costs more than the whole call.
 */
const STRAIGHT = `(function (prelude, send, ask, limit) {
"use strict";
let expected = 0;
let result = "";
const post = (kind, id, other, head, body) => {
  if (kind === "result" && id === expected && body.length <= limit) {
    expected = 0;
    result = "=" + body;
  } else send(kind, id, other, head, body);
};
const enter = prelude(post, ask);
return (kind, id, a, b) => {
  expected = kind === "call" || kind === "each" ? id : 0;
  result = "";
  enter(kind, id, a, b);
  expected = 0;
  const given = result;
  result = "";
  return given;
};
})`;

/** Everything of it must be used inside a stay of the interpreter. */
export class Realm {
  readonly #interpreter: Interpreter;
  readonly #enter: QuickJSHandle;
  readonly #files: ReadonlyMap<string, ScriptFile>;
  readonly #host: RealmHost;
  /** Kinds of entries and names of functions, as values of the guest: the same few each time. */
  readonly #words = new Map<string, QuickJSHandle>();
  /** What an ES module gave while it is still being evaluated. */
  #evaluation: QuickJSHandle | undefined;
  #linking = false;
  #linkFault: Fault | undefined;

  /** Evaluates the prelude. Guest code has not run yet. */
  constructor(
    interpreter: Interpreter,
    host: RealmHost,
    setup: RealmSetup,
    files: ReadonlyMap<string, ScriptFile>,
  ) {
    this.#interpreter = interpreter;
    this.#files = files;
    this.#host = host;
    this.#enter = this.#boot(host, setup.textLimit);
    this.enter("dialect", 0, setup.dialect.empty, setup.replaced);
    this.enter("surface", 0, setup.surface, setup.config);
    interpreter.context.runtime.setModuleLoader(
      (key) => this.#sourceOf(key),
      (referrer, specifier) => this.#link(referrer, specifier),
    );
  }

  /** Why linking failed, when it did. */
  get linkFault(): Fault | undefined {
    return this.#linkFault;
  }

  /** Begins to evaluate the entry file; the prelude posts `ready` or an error of call 0. */
  load({ entry, files }: Program): void {
    switch (entry.kind) {
      case "module":
        return this.#loadModule(entry);
      case "commonjs":
        return this.#loadCommonJs(entry, files);
      default:
        return this.#loadScript(entry);
    }
  }

  /** Enters the prelude, then runs the jobs that are due. */
  enter(kind: string, id: number, a?: Passed, b?: Passed): void {
    this.#call(this.#enter, [this.#word(kind), id, a, b]).dispose();
    this.#goOn();
  }

  /** Calls a function of the guest. What it gives without waiting is posted before its jobs run. */
  call(kind: "call" | "each", id: number, fn: string, payload: string): void {
    const given = this.#call(this.#enter, [this.#word(kind), id, this.#word(fn), payload]);
    const { context, ranOutOfMemory } = this.#interpreter;
    const text = context.getString(given);
    // Without room for the copy there is none, and it is no empty one.
    const missing = text === "" && ranOutOfMemory && (context.getLength(given) ?? 0) > 0;
    given.dispose();
    if (missing) throw new Fault("memory-limit");
    if (text !== "") this.#host.post("result", id, 0, "", text.slice(1));
    this.#goOn();
  }

  #goOn(): void {
    this.#interpreter.runJobs();
    if (this.#evaluation) this.#checkEvaluation(this.#evaluation);
  }

  /** Text that is passed in often, as a value of the guest. */
  #word(text: string): QuickJSHandle | string {
    let word = this.#words.get(text);
    if (!word) {
      if (this.#words.size >= WORDS_KEPT) return text;
      this.#words.set(text, word = this.#interpreter.text(text));
    }
    return word;
  }

  #boot(host: RealmHost, textLimit: number): QuickJSHandle {
    const { context } = this.#interpreter;
    const guarded = <T>(run: () => T): T | undefined => {
      try {
        return run();
      } catch (error) {
        // The guest must not see an error of ours, nor go on after it.
        this.#interpreter.fail(error);
        return undefined;
      }
    };
    const short = (handle: QuickJSHandle | undefined) =>
      handle ? this.#interpreter.read(handle, textLimit) : undefined;
    const number = (handle: QuickJSHandle | undefined) =>
      handle && context.typeof(handle) === "number" ? context.getNumber(handle) : 0;
    const post = context.newFunction("post", (kind, id, other, head, body) => {
      guarded(() => {
        const word = short(kind) ?? "";
        // Each text costs a copy; a result has none here.
        const name = word === "result" ? "" : short(head) ?? "";
        host.post(word, number(id), number(other), name, short(body));
      });
    });
    const ask = context.newFunction(
      "ask",
      (what, head, body) =>
        guarded(() =>
          this.#interpreter.text(host.ask(short(what) ?? "", short(head) ?? "", short(body)))
        ) ?? context.undefined,
    );
    const prelude = this.#evaluated(PRELUDE, PRELUDE_NAME);
    const straight = this.#evaluated(STRAIGHT, PRELUDE_NAME);
    return this.#call(straight, [prelude, post, ask, textLimit]);
  }

  #loadScript({ path, text }: ScriptFile): void {
    const result = this.#interpreter.evaluate(text, path, "global");
    this.#interpreter.runJobs();
    if ("thrown" in result) this.enter("threw", 0, result.thrown);
    else this.enter("script", 0);
  }

  #loadCommonJs(entry: ScriptFile, files: ReadonlyMap<string, ScriptFile>): void {
    for (const [key, file] of files) {
      // A raw NUL would end the text early; any other control character is as wrong in JSON.
      if (file.kind === "json") this.enter("json", 0, key, file.text.replaceAll("\0", "\x01"));
      if (file.kind !== "commonjs") continue;
      const text = file.text.replace(/^#!/, "//");
      const result = this.#interpreter.evaluate(
        `(function (exports, require, module, __filename, __dirname) {${text}\n})`,
        file.path,
        "global",
      );
      if ("thrown" in result) return this.enter("threw", 0, result.thrown);
      this.enter("define", 0, key, result.value);
    }
    this.enter("commonjs", 0, fileKey(entry.path, entry.kind));
  }

  #loadModule({ path, text }: ScriptFile): void {
    this.#linking = true;
    const result = this.#interpreter.evaluate(text, path, "module");
    // Static imports are resolved by now: whatever asks from here on is `import()`.
    this.#linking = false;
    this.#interpreter.runJobs();
    if ("thrown" in result) return this.enter("threw", 0, result.thrown);
    this.#evaluation = result.value;
    this.#checkEvaluation(result.value);
  }

  /** A module with top-level await is ready, or has failed, only when its promise settles. */
  #checkEvaluation(evaluation: QuickJSHandle): void {
    const state = this.#interpreter.context.getPromiseState(evaluation);
    if (state.type === "pending") return;
    this.#evaluation = undefined;
    if (state.type === "fulfilled") this.enter("namespace", 0, state.value);
    else this.enter("threw", 0, state.error);
  }

  #link(referrer: string, specifier: string): string | { error: QuickJSHandle } {
    try {
      if (!this.#linking) {
        throw new Fault("unsupported", `import(${quote(specifier)}) is not supported`);
      }
      if (specifier === HOST_SPECIFIER) return specifier;
      const file = resolveIn(this.#files, referrer, specifier);
      return fileKey(file.path, file.kind);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  #sourceOf(key: string): string | { error: QuickJSHandle } {
    if (key === HOST_SPECIFIER) return "export default globalThis.airlock;";
    const file = this.#files.get(key);
    if (!file) return this.#refuse(new Fault("unsupported", `there is no file ${quote(key)}`));
    if (file.kind === "text") return `export default ${JSON.stringify(file.text)};`;
    if (file.kind !== "json") return file.text;
    return `export default JSON.parse(${JSON.stringify(file.text)});`;
  }

  /** What the guest sees of a fault: its message alone. */
  #refuse(error: unknown): { error: QuickJSHandle } {
    if (!(error instanceof Fault)) this.#interpreter.fail(error);
    else if (this.#linking) this.#linkFault ??= error;
    const message = error instanceof Fault ? error.message : "the interpreter failed";
    return { error: this.#interpreter.context.newError({ name: "TypeError", message }) };
  }

  #evaluated(code: string, name: string): QuickJSHandle {
    const result = this.#interpreter.evaluate(code, name, "global");
    if ("value" in result) return result.value;
    throw new Fault("trap", `it cannot evaluate ${name}`);
  }

  #call(fn: QuickJSHandle, args: readonly Passed[]): QuickJSHandle {
    const { context } = this.#interpreter;
    const owned: QuickJSHandle[] = [];
    const handles = args.map((arg) => {
      if (arg === undefined) return context.undefined;
      if (arg === true) return context.true;
      if (arg === false) return context.false;
      if (typeof arg === "object") return arg;
      const handle = typeof arg === "string" ? this.#interpreter.text(arg) : context.newNumber(arg);
      owned.push(handle);
      return handle;
    });
    const result = context.callFunction(fn, context.undefined, ...handles);
    for (const handle of owned) handle.dispose();
    // The prelude catches all there is to catch: what gets out is the end of the interpreter.
    if (result.error) throw new Fault("trap", "its prelude failed");
    return result.value;
  }
}
