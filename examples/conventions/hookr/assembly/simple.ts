/*
 * A Hookr plugin. Its operations:
 *   vowel   text in, the number of its vowels out, as text
 *   echo    the payload, sent through the host's function "echo"
 *   greet   MessagePack {name} in, {greeting, vowels} out; asks the host's "word_for" with {name}
 *
 * Build: deno run -A tools/build_guests.ts hookr-simple   (npm assemblyscript 0.28.20)
 */

import { hostCall, hostFailure, log, refuse, request, respond } from "./hookr";
import { Reader, Writer } from "./message_pack";

export function hookr_init(): void {
  log("simple is ready");
}

export function __plugin_call(operationLen: u32, payloadLen: u32): i32 {
  const call = request(operationLen, payloadLen);
  if (call.operation == "vowel") {
    return respond(String.UTF8.encode(vowelsIn(call.payload).toString()));
  }
  if (call.operation == "echo") {
    const answer = hostCall("echo", call.payload);
    return answer == null ? refuse(hostFailure) : respond(answer);
  }
  if (call.operation == "greet") return greet(call.payload);
  return refuse("no operation " + call.operation);
}

function vowelsIn(text: ArrayBuffer): u32 {
  const bytes = Uint8Array.wrap(text);
  let count: u32 = 0;
  for (let i = 0; i < bytes.length; i++) {
    const letter = unchecked(bytes[i]) | 0x20;
    if (letter == 0x61 || letter == 0x65 || letter == 0x69 || letter == 0x6f || letter == 0x75) {
      count++;
    }
  }
  return count;
}

function greet(payload: ArrayBuffer): i32 {
  const name = nameIn(payload);
  if (name == null) return refuse("greet takes {name}");
  const question = new Writer().map(1).text("name").text(name).finish();
  const answer = hostCall("word_for", question);
  if (answer == null) return refuse(hostFailure);
  const word = new Reader(Uint8Array.wrap(answer)).text();
  return respond(
    new Writer().map(2)
      .text("greeting").text(word + ", " + name + "!")
      .text("vowels").number(vowelsIn(String.UTF8.encode(name)))
      .finish(),
  );
}

function nameIn(payload: ArrayBuffer): string | null {
  const reader = new Reader(Uint8Array.wrap(payload));
  const entries = reader.map();
  if (entries != 1 || reader.text() != "name") return null;
  const name = reader.text();
  return reader.failed ? null : name;
}
