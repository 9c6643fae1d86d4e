// hostile 26: recursion that catches its own end at every depth
// ends: timeout guest-error trap nothing

function attack() {
  const dive = () => { try { dive() } catch { dive() } };
  dive();
  return [];
}
