/** The JavaScript guest of the capability suite, the same text in every tier that runs JavaScript. @module */

/** Finds the operation in `airlock`, calls it and tells what came of it. */
export const SCRIPT = `
const textOf = (value) => value instanceof Uint8Array ? new TextDecoder().decode(value) : value;

function operationIn(name) {
  let found = airlock;
  for (const part of name.split(".")) found = found?.[part];
  return found;
}

async function attempt(operation, args) {
  try {
    const value = await operation(...args);
    if (value?.body instanceof Uint8Array) return { code: "ok", capability: "", value: { ...value, body: textOf(value.body) } };
    return { code: "ok", capability: "", value: textOf(value) };
  } catch (error) {
    if (error.name !== "AirlockError") throw error;
    return { code: error.code, capability: error.capability };
  }
}

export async function ask({ operation: name, args, times = 1 }) {
  const operation = operationIn(name);
  if (typeof operation !== "function") return { code: "absent", capability: "" };
  let answer;
  for (let i = 0; i < times; i++) answer = await attempt(operation, args);
  return answer;
}
`;
