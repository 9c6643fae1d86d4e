// Never read: the manifest beside it has three mistakes.

function validate() {
  return { ok: false, error: "the manifest should have been refused" };
}
