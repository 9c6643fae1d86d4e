// hostile 21: an endless loop
// ends: timeout

function attack() { for (;;); }
