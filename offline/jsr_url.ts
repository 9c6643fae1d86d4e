/**
 * Prints where `jsr:` packages come from on this machine: the value of `JSR_URL` for the tasks in
 * deno.json.
 *
 * 1. `JSR_URL` itself where it is set already (a mirror);
 * 2. https://jsr.io/ where the packages are in Deno's cache, or JSR answers;
 * 3. else `offline/jsr/`, this project's own stand-ins for the functions of
 *    `@std` that it uses (with `--copy`, a copy of them in a temporary
 *    directory: `deno publish` refuses a module graph with excluded files).
 *
 * It imports nothing, so it starts on any machine. Run it with
 * `--cached-only`, so that (2) looks into the cache without the network.
 *
 * @module
 */
const JSR = "https://jsr.io/";
const STAND_INS = new URL("jsr/", import.meta.url);

async function cached(): Promise<boolean> {
  const config = new URL("../deno.json", import.meta.url);
  const { imports } = JSON.parse(await Deno.readTextFile(config));
  const packages = Object.values<string>(imports)
    .filter((specifier) => specifier.startsWith("jsr:"));
  const loads = await Promise.allSettled(packages.map((p) => import(p)));
  return loads.every((load) => load.status === "fulfilled");
}

async function answers(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2000);
    const res = await fetch(`${JSR}@std/path/meta.json`, { signal });
    return res.ok && "versions" in await res.json();
  } catch {
    return false;
  }
}

function copy(from: URL, to: URL): URL {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    const a = new URL(name, from);
    const b = new URL(name, to);
    if (isDirectory) copy(new URL(`${a}/`), new URL(`${b}/`));
    else Deno.copyFileSync(a, b);
  }
  return to;
}

function temporary(): URL {
  const dir = Deno.makeTempDirSync().replaceAll("\\", "/");
  return new URL(`file:///${dir.replace(/^\//, "")}/jsr/`);
}

let url = Deno.env.get("JSR_URL");
if (!url && (await cached() || await answers())) url = JSR;
if (!url) {
  console.error("JSR cannot be reached: using the stand-ins in offline/jsr/");
  url = STAND_INS.href;
}
if (url === STAND_INS.href && Deno.args.includes("--copy")) url = copy(STAND_INS, temporary()).href;
console.log(url);
Deno.exit(); // without waiting for a name look-up that is still under way
