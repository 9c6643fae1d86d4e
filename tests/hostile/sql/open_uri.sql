ATTACH DATABASE 'file:data.db?mode=rwc&vfs=unix' AS again
