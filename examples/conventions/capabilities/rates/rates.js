// Keeps the rates of a service in a database and writes a report. What it may reach is its operator's to say.

/** Fetches the rates, keeps them, and answers the report that it wrote. */
export async function update(service) {
  const { body } = await airlock.net.fetch(`${service}/rates`);
  const rates = JSON.parse(new TextDecoder().decode(body));
  await airlock.sqlite.exec(
    "CREATE TABLE IF NOT EXISTS rates (name TEXT PRIMARY KEY, rate REAL)",
  );
  for (const [name, rate] of Object.entries(rates)) {
    await airlock.sqlite.exec("INSERT OR REPLACE INTO rates VALUES (?, ?)", [name, rate]);
  }
  const { rows } = await airlock.sqlite.query("SELECT name, rate FROM rates ORDER BY name");
  const report = rows.map(([name, rate]) => `${name} ${rate}`).join(", ");
  await airlock.fs.write("reports/latest.txt", report);
  return report;
}

/** Waits for the next change, however long that takes. */
export async function follow(service) {
  await airlock.net.fetch(`${service}/changes`);
}

/** Tries what nobody granted. */
export async function wander(elsewhere) {
  const attempts = {
    "another server": () => airlock.net.fetch(elsewhere),
    "a file outside": () => airlock.fs.read("reports/../../../airlock.grants.json"),
    "another table": () => airlock.sqlite.exec("CREATE TABLE users (name)"),
    "the environment": () => airlock.env ? airlock.env.get("HOME") : "not there",
  };
  const found = {};
  for (const [what, attempt] of Object.entries(attempts)) {
    try {
      found[what] = await attempt();
    } catch (error) {
      found[what] = error.code;
    }
  }
  return found;
}
