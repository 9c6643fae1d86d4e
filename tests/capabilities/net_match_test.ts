/** Which host and port a grant covers, as a table and under random input. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { canonicalAddress, isSpecialAddress } from "../../capabilities/ip_address.ts";
import {
  coversTarget,
  formatHostPattern,
  formatTarget,
  type HostPattern,
  mayReach,
  meetOf,
  parseHostPattern,
  targetOf,
} from "../../capabilities/net_match.ts";

function pattern(text: string): HostPattern {
  const parsed = parseHostPattern(text);
  assert(parsed, text);
  return parsed;
}

function matches(hosts: string, url: string): boolean {
  return coversTarget(hosts.split(" ").map(pattern), targetOf(new URL(url)));
}

/** Grants → what they cover, and what they do not. */
const TABLE: { readonly [hosts: string]: readonly [readonly string[], readonly string[]] } = {
  "api.example.com:443": [
    [
      "https://api.example.com/x?y",
      "https://API.Example.COM:443/",
      "https://api.example.com.",
      "https://ａｐｉ.example.com",
      "https://%61pi.example.com",
      "http://api.example.com:443",
      "https:\\\\api.example.com\\",
      "https://api.example.com\t",
    ],
    [
      "http://api.example.com",
      "https://api.example.com:8443",
      "https://example.com",
      "https://x.api.example.com",
      "https://api.example.com.evil",
      "https://evil#api.example.com",
      "https://evil?api.example.com",
      "https://evil/api.example.com",
      "https://evil\\api.example.com",
      "https://api-example.com",
    ],
  ],
  "example.com": [
    ["http://example.com", "https://example.com", "https://example.com:80"],
    ["http://example.com:8080", "http://www.example.com"],
  ],
  "example.com:*": [["http://example.com:1", "https://example.com"], ["http://example.org:1"]],
  "*.example.com": [
    ["https://a.example.com", "https://a.b.example.com", "https://A.EXAMPLE.com."],
    [
      "https://example.com",
      "https://evilexample.com",
      "https://example.com.evil",
      "https://a.example.com:8443",
      "https://a.example.comx",
    ],
  ],
  "*.bücher.de": [["https://a.xn--bcher-kva.de", "https://a.BÜCHER.de"], ["https://a.bucher.de"]],
  "*": [
    ["https://example.com:1", "http://8.8.8.8", "http://[2606:4700::1]:5"],
    [
      "http://localhost",
      "http://localhost.",
      "http://LOCALHOST:8080",
      "http://a.localhost",
      "http://metadata.google.internal",
      "http://127.0.0.1",
      "http://127.1",
      "http://2130706433",
      "http://0x7f.0.0.1",
      "http://017700000001",
      "http://①②⑦.0.0.1",
      "http://%31%32%37.0.0.1",
      "http://0",
      "http://[::1]",
      "http://[::]",
      "http://[::ffff:127.0.0.1]",
      "http://[::ffff:7f00:1]",
      "http://[::ffff:0a00:0001]",
      "http://[::127.0.0.1]",
      "http://[64:ff9b::127.0.0.1]",
      "http://[64:ff9b:1::1]",
      "http://[2002:7f00:1::]",
      "http://[2001:0:1::1]",
      "http://[fe80::1]",
      "http://[fd00:ec2::254]",
      "http://[ff02::1]",
      "http://10.1.2.3",
      "http://100.64.0.1",
      "http://100.100.100.200",
      "http://169.254.169.254",
      "http://168.63.129.16",
      "http://172.16.0.1",
      "http://172.31.255.255",
      "http://192.0.0.192",
      "http://192.168.1.1",
      "http://198.19.0.1",
      "http://224.0.0.1",
      "http://255.255.255.255",
    ],
  ],
  "*:443": [["https://example.com", "http://example.com:443"], ["http://example.com"]],
  "127.0.0.1:80": [
    ["http://127.0.0.1", "http://0x7f.1", "http://[::ffff:127.0.0.1]", "http://127.0.0.1."],
    ["https://127.0.0.1", "http://127.0.0.2", "http://localhost", "http://[::1]"],
  ],
  "[::1]:8080": [["http://[::1]:8080", "http://[0:0::0:1]:8080"], [
    "http://[::1]",
    "http://[::2]:8080",
  ]],
  "[::FFFF:10.0.0.1]": [["http://10.0.0.1"], ["http://10.0.0.2"]],
  "localhost:8080 *": [["http://localhost:8080", "http://x.org"], [
    "http://localhost",
    "http://127.0.0.1:8080",
  ]],
  "*.localhost": [[], ["http://a.localhost", "http://localhost"]],
  "172.15.0.1 172.32.0.1 100.128.0.1 11.0.0.1": [
    ["http://172.15.0.1", "http://172.32.0.1", "http://100.128.0.1", "http://11.0.0.1"],
    [],
  ],
};

for (const [hosts, [covered, others]] of Object.entries(TABLE)) {
  Deno.test(`coversTarget() of ${hosts} covers what it says and nothing else`, () => {
    for (const url of covered) assert(matches(hosts, url), url);
    for (const url of others) assert(!matches(hosts, url), url);
  });
}

Deno.test("parseHostPattern() refuses what is no host", () => {
  const texts = [
    ...["", ":80", "a:", "a:0", "a:65536", "a:b", "a:80:80", "a:-1", "a:1e3", "::1", "[::1", "[]"],
    ...["user@a", "a/b", "a?b", "a#b", "a\\b", "%61", "a b", " a", "a\n", "http://a", "a..b", ".a"],
    ...[
      "*a",
      "a.*",
      "a*.b",
      "*.*",
      "**",
      "*.",
      "*.1.2.3.4",
      "*.[::1]",
      "*.1",
      "*:",
      "*:0",
      "[1.2.3.4]",
    ],
    ...["a!b", "a,b", "999.1.1.1", "1.2.3.4.5", "[fe80::1%eth0]", "x".repeat(64), "a.".repeat(130)],
  ];
  for (const text of texts) assertEquals(parseHostPattern(text), undefined, text);
});

Deno.test("formatHostPattern() writes what parseHostPattern() reads", () => {
  const texts = [
    "a.b",
    "a.b:1",
    "a.b:*",
    "*",
    "*:443",
    "*.a.b",
    "*.a.b:*",
    "[::1]",
    "[::1]:5",
    "1.2.3.4:80",
  ];
  for (const text of texts) assertEquals(formatHostPattern(pattern(text)), text);
  const canonical = {
    "A.B.": "a.b",
    "0x7f.1": "127.0.0.1",
    "[::ffff:1.2.3.4]:5": "1.2.3.4:5",
    "*:*": "*",
  };
  for (const [text, as] of Object.entries(canonical)) {
    assertEquals(formatHostPattern(pattern(text)), as);
  }
});

Deno.test("targetOf() refuses other schemes, users and hosts that are none", () => {
  const urls = [
    "file:///etc/passwd",
    "data:,x",
    "ws://a",
    "blob:http://a/x",
    "http://u@a",
    "http://:p@a",
  ];
  for (const url of [...urls, "http://a..b", "http://.a", "http://a!b", "http://example.com.."]) {
    assertThrows(() => targetOf(new URL(url)), TypeError, "Cannot fetch", url);
  }
});

Deno.test("targetOf() makes the URL the one that was checked", () => {
  const url = new URL("http://[::ffff:127.0.0.1]:81/a?b");
  assertEquals(formatTarget(targetOf(url)), "127.0.0.1:81");
  assertEquals(url.href, "http://127.0.0.1:81/a?b");
  const dotted = new URL("https://Example.COM./");
  assertEquals([formatTarget(targetOf(dotted)), dotted.href], [
    "example.com:443",
    "https://example.com/",
  ]);
});

Deno.test("meetOf() finds what two patterns share, and never a special host under a wildcard", () => {
  const cases = [
    ["*", "a.b:80", "a.b:80"],
    ["a.b", "a.b:443", "a.b:443"],
    ["a.b", "a.b:8080", undefined],
    ["a.b:*", "a.b", "a.b"],
    ["*.b", "x.b:443", "x.b:443"],
    ["*.b:*", "*.a.b", "*.a.b"],
    ["*.b", "*.a", undefined],
    ["*.b", "b", undefined],
    ["*", "*.b:5", "*.b:5"],
    ["*", "*", "*"],
    ["*", "127.0.0.1:80", undefined],
    ["*", "localhost", undefined],
    ["*.localhost", "*", undefined],
    ["127.0.0.1:80", "127.0.0.1:*", "127.0.0.1:80"],
    ["a.b:1", "a.b:2", undefined],
  ] as const;
  for (const [a, b, both] of cases) {
    for (const [x, y] of [[a, b], [b, a]] as const) {
      const met = meetOf(pattern(x), pattern(y));
      assertEquals(met && formatHostPattern(met), both, `${x} ${y}`);
    }
  }
});

Deno.test("mayReach() takes a name for no grant of this machine or its network", () => {
  const reach = (hosts: string, url: string, address: string) =>
    mayReach(hosts.split(" ").map(pattern), targetOf(new URL(url)), address);
  assert(reach("a.b", "http://a.b", "93.184.216.34"));
  assert(reach("a.b", "http://a.b", "2606:4700::1111"));
  for (
    const address of ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "x", ""]
  ) {
    assert(!reach("a.b *", "http://a.b", address), address);
  }
  assert(reach("a.b 10.0.0.1", "http://a.b", "10.0.0.1"));
  assert(reach("a.b 10.0.0.1", "http://a.b", "::ffff:10.0.0.1"));
  assert(!reach("a.b:81 10.0.0.1", "http://a.b:81", "10.0.0.1"));
  assert(reach("localhost", "http://localhost", "::1"));
  assert(!reach("localhost", "http://localhost", "10.0.0.1"));
});

const FUZZ = { seed: 20_260_101, numRuns: 2_000 };
const label = fc.stringMatching(/^[a-z0-9]{1,6}$/).filter((text) =>
  !/^(?:[0-9]+|0x[0-9a-f]*)$/.test(text)
);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const port = fc.integer({ min: 1, max: 65_535 });

Deno.test("parseHostPattern() and targetOf() survive any text, and are canonical", () => {
  const noise = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(..."*.:[]0x1fa@/\\%#?é。１"), maxLength: 20 }),
  );
  fc.assert(
    fc.property(noise, (text) => {
      const parsed = parseHostPattern(text);
      if (parsed) assertEquals(parseHostPattern(formatHostPattern(parsed)), parsed);
      const url = URL.parse(`http://${text}/`);
      if (!url) return;
      try {
        const target = targetOf(url);
        const again = new URL(url.href);
        assertEquals(targetOf(again), target);
        assertEquals(again.href, url.href);
        assert(coversTarget([pattern(formatTarget(target))], target));
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }),
    FUZZ,
  );
});

Deno.test("coversTarget() agrees with a naive reading of wildcards", () => {
  fc.assert(
    fc.property(name, name, port, (domain, host, number) => {
      const target = targetOf(new URL(`http://${host}:${number}`));
      const wild = coversTarget([pattern(`*.${domain}:*`)], target);
      const labels = host.split(".");
      const under = labels.some((_, at) => at > 0 && labels.slice(at).join(".") === domain);
      const special = /(?:^|\.)localhost$/.test(host) || host.startsWith("metadata");
      assertEquals(wild, under && !special);
    }),
    FUZZ,
  );
});

Deno.test("meetOf() covers exactly what both patterns cover", () => {
  const host = fc.oneof(
    fc.constant("*"),
    fc.constantFrom("a.b", "x.a.b", "b", "127.0.0.1", "8.8.8.8", "localhost", "[::1]"),
    fc.constantFrom("*.b", "*.a.b", "*.localhost"),
  );
  const ports = fc.constantFrom("", ":*", ":80", ":443", ":8080");
  const urls = [
    "a.b",
    "x.a.b",
    "y.x.a.b",
    "b",
    "127.0.0.1",
    "8.8.8.8",
    "localhost",
    "q.localhost",
    "[::1]",
  ]
    .flatMap((each) =>
      [80, 443, 8080].map((number) => targetOf(new URL(`http://${each}:${number}`)))
    );
  fc.assert(
    fc.property(host, ports, host, ports, (h1, p1, h2, p2) => {
      const [a, b] = [pattern(h1 + p1), pattern(h2 + p2)];
      const both = meetOf(a, b);
      for (const target of urls) {
        assertEquals(
          both !== undefined && coversTarget([both], target),
          coversTarget([a], target) && coversTarget([b], target),
          `${h1}${p1} ${h2}${p2} ${formatTarget(target)}`,
        );
      }
    }),
    FUZZ,
  );
});

Deno.test("canonicalAddress() has one spelling of each address", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = canonicalAddress(text);
      assert(address !== undefined, text);
      assertEquals(canonicalAddress(address), address);
      const host = address.includes(":") ? `[${address}]` : address;
      assertEquals(targetOf(new URL(`http://${host}`)).host, address);
      assertEquals(typeof isSpecialAddress(address), "boolean");
    }),
    FUZZ,
  );
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      assertEquals(canonicalAddress(`::ffff:${text}`), text);
      for (const form of [`64:ff9b::${text}`]) {
        const wrapped = canonicalAddress(form);
        assertEquals(wrapped && isSpecialAddress(wrapped), isSpecialAddress(text));
      }
    }),
    FUZZ,
  );
});
