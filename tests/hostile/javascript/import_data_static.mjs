// hostile 8: a static import of a module of its own making
// ends: unsupported

import "data:text/javascript,import 'node:fs'";
export const attack = () => [];
