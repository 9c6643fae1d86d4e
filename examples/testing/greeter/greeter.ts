/** Greets people, remembers how often, and asks a translator where there is one. @module */

interface Person {
  readonly name: string;
}

/** How often each person was greeted. */
export async function greet({ name }: Person): Promise<{ text: string; times: number }> {
  const before = await airlock.kv.get(name);
  const times = before ? Number(new TextDecoder().decode(before)) + 1 : 1;
  await airlock.kv.set(name, String(times));
  airlock.log.info(`greeting ${name}`);
  const hello = airlock.translate ? await airlock.translate.word("hello") : "hello";
  return { text: `${hello}, ${name}`, times };
}

declare const airlock: {
  readonly kv: {
    get(key: string): Promise<Uint8Array | null>;
    set(key: string, value: string): Promise<void>;
  };
  readonly log: { info(message: string): void };
  readonly translate?: { word(text: string): Promise<string> };
};
