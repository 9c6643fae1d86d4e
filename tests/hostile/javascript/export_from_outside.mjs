// hostile 2: an export of everything of a file outside
// ends: unsupported

export * from "../outside/secret.mjs";
export const attack = () => [];
