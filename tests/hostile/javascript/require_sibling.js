// hostile 3: a require of another extension's module
// ends: guest-error

exports.attack = () => [require("../victim/index.js")];
