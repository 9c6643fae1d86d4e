// hostile 21: an endless loop that catches everything
// ends: timeout

function attack() { for (;;) { try { for (;;); } catch { continue } finally { continue } } }
