// hostile 9: tools of the platform's own loader
// ends: unsupported

import { createRequire, registerHooks } from "node:module";
registerHooks({ resolve: (s, c, next) => next(s, c) });
export const attack = () => [createRequire(import.meta.url)("node:fs")];
