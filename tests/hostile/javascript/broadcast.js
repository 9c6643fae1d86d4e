// hostile 17: a channel to other extensions
// ends: nothing

function attack() {
  return typeof BroadcastChannel === "undefined" ? [] : [new BroadcastChannel("airlock").name];
}
