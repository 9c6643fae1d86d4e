// Reads one variable through the host. Nothing to build.
// Load it with the grant: airlock run examples/extensions/asks-env whoami --grant env=HOME

/** Greets by the home directory, which only a granted `env` tells. */
export async function whoami() {
  const home = await airlock.env.get("HOME");
  return { greeting: home === undefined ? "hello, stranger" : `hello, ${home}` };
}
