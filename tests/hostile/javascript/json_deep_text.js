// hostile 26: data nested 100,000 deep
// ends: nothing guest-error trap

function attack() {
  try {
    JSON.parse("[".repeat(1e5) + "]".repeat(1e5));
  } catch { /* too deep */ }
  return [];
}
