// A guest that never comes back: only the host can end the call. Nothing to build.

function validate() {
  let turns = 0;
  for (;;) turns++;
}
