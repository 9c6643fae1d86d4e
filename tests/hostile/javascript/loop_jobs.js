// hostile 21: jobs that never end
// ends: timeout

async function attack() { for (;;) await 0 }
