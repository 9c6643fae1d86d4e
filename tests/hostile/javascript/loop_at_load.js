// hostile 21: an endless loop while it is loaded
// ends: timeout

for (;;);
function attack() { return [] }
