// hostile 2: a static import out of the directory, spelled with backslashes
// ends: unsupported

import secret from "./..\\outside\\secret.json" with { type: "json" };
export const attack = () => [secret];
