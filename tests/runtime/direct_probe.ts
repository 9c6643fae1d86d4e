/** Tells what a worker may do by asking Deno itself. @module */

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<readonly string[]>) => void) | null;
  postMessage(message: unknown): void;
};

async function statusOf(url: string): Promise<unknown> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return error instanceof Error ? error.name : "";
  }
}

scope.onmessage = async ({ data }) => {
  const answers = [];
  for (const url of data) answers.push(await statusOf(url));
  const others = [];
  for (const name of ["read", "write", "env", "run", "ffi", "sys", "import"] as const) {
    const { state } = await Deno.permissions.query({ name } as Deno.PermissionDescriptor);
    if (state === "granted") others.push(name);
  }
  scope.postMessage({ answers, others });
};
