/** Directories of WASI programs against whoever changes them behind a program's back, and against odd paths. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { CapabilityError } from "../../capabilities/errors.ts";
import { FileError } from "../../capabilities/file_error.ts";
import { HostTree } from "../../capabilities/host_tree.ts";
import { leadsOut } from "../../capabilities/link_target.ts";
import { tree as power } from "../../capabilities/powers/tree.ts";
import { boundPreopen, type HostPreopen } from "../../capabilities/preopen.ts";
import { TreeUsage } from "../../capabilities/tree_usage.ts";
import { temporaryDirectory } from "../temporary.ts";

const READ = { read: true, write: false, create: false };
const CREATE = { read: true, write: true, create: true };
const encoder = new TextEncoder();

function open(host: string, caps: Omit<HostPreopen, "host"> = { write: true }): HostTree {
  const preopen = boundPreopen("/", { host, ...caps });
  const over = (reason: string) =>
    new CapabilityError("quota", { extension: "x", capability: "preopens", grant: "" }, { reason });
  return new HostTree(preopen, power, new TreeUsage(preopen, over));
}

function codeOf(act: () => unknown): string {
  const error = assertThrows(act);
  assert(error instanceof FileError, String(error));
  // it is for guests, too: what the host calls its files is not in it
  assert(!error.message.includes("/"), error.message);
  return error.code;
}

Deno.test("HostTree does nothing below a directory that became a link on the way", async () => {
  await using temporary = await temporaryDirectory({
    "root/d/file": "inside",
    "outside/file": "outside",
  });
  const { path } = temporary;
  const tree = open(join(path, "root"));
  await Deno.remove(join(path, "root/d"), { recursive: true });
  await Deno.symlink(join(path, "outside"), join(path, "root/d"));
  for (
    const act of [
      () => tree.open("d/file", READ),
      () => tree.open("d/file", { ...READ, write: true }),
      () => tree.open("d/new", CREATE),
      () => tree.makeDirectory("d/new"),
      () => tree.makeLink("d/new", "file"),
      () => tree.link("d/file", "mine"),
      () => tree.rename("d/file", "mine"),
      () => tree.unlink("d/file"),
      () => tree.removeDirectory("d/new"),
      () => tree.setTimes("d/file", 0, 0),
    ]
  ) assertEquals(codeOf(act), "STALE", act.toString());
  const left = await Array.fromAsync(Deno.readDir(join(path, "outside")));
  assertEquals(left.map(({ name }) => name), ["file"]);
});

Deno.test("HostTree takes plain paths only", async () => {
  await using temporary = await temporaryDirectory({ "root/file": "" });
  const tree = open(join(temporary.path, "root"));
  for (
    const path of ["..", "../outside", "a/..", ".", "./file", "/etc", "a//b", "a/", "\0", "a\0b"]
  ) {
    assertEquals(codeOf(() => tree.stat(path)), "NOTCAPABLE", path);
    assertEquals(codeOf(() => tree.makeDirectory(path)), "NOTCAPABLE", path);
  }
  assertEquals(tree.stat("")?.kind, "directory");
  assertEquals(tree.stat("file")?.kind, "file");
  assertEquals(codeOf(() => tree.makeDirectory("")), "BUSY");
  // names that are steps elsewhere are names here
  for (const name of ["...", ".a", "a..", "%2e%2e"]) tree.makeDirectory(name);
});

Deno.test("HostTree opens files only, and waits for nobody", async () => {
  await using temporary = await temporaryDirectory({ "root/file": "text", "root/d/a": "" });
  const root = join(temporary.path, "root");
  await new Deno.Command("mkfifo", { args: [join(root, "pipe")] }).output();
  await Deno.symlink("file", join(root, "link"));
  const tree = open(root);
  assertEquals(codeOf(() => tree.open("pipe", READ)), "ACCES");
  assertEquals(codeOf(() => tree.open("d", READ)), "ACCES");
  assertEquals(codeOf(() => tree.open("link", READ)), "LOOP");
  assertEquals(codeOf(() => tree.open("missing", READ)), "NOENT");
  assertEquals(codeOf(() => tree.open("file", CREATE)), "EXIST");
  assertEquals(codeOf(() => tree.unlink("d")), "ISDIR");
  assertEquals(codeOf(() => tree.removeDirectory("d")), "NOTEMPTY");
});

Deno.test("HostTree counts what is added, and gives back what is removed", async () => {
  await using temporary = await temporaryDirectory({ "root/old": "0123456789" });
  const tree = open(join(temporary.path, "root"), { write: true, bytes: 100, files: 2 });
  const file = tree.open("a", CREATE);
  assertEquals(tree.write(file, new Uint8Array(60), 0), 60);
  assertEquals(tree.write(file, new Uint8Array(60), 0), 60);
  assertThrows(() => tree.write(file, new Uint8Array(41), 60), CapabilityError);
  assertThrows(() => tree.write(file, encoder.encode("x"), 3 * 2 ** 30), CapabilityError);
  assertThrows(() => tree.resize(file, 101), CapabilityError);
  tree.resize(file, 100);
  assertThrows(() => tree.write(file, encoder.encode("x"), 100), CapabilityError);
  tree.resize(file, 10);
  assertEquals(tree.write(file, new Uint8Array(90), 10), 90);
  tree.close(file);
  tree.makeDirectory("d");
  assertThrows(() => tree.makeDirectory("e"), CapabilityError);
  assertThrows(() => tree.open("b", CREATE), CapabilityError);
  tree.removeDirectory("d");
  tree.unlink("a");
  const again = tree.open("b", CREATE);
  assertEquals(tree.write(again, new Uint8Array(100), 0), 100);
  tree.close(again);
});

Deno.test("HostTree changes nothing where it only reads", async () => {
  await using temporary = await temporaryDirectory({ "root/file": "text" });
  const tree = open(join(temporary.path, "root"), {});
  for (
    const act of [
      () => tree.open("file", { ...READ, write: true }),
      () => tree.open("new", CREATE),
      () => tree.makeDirectory("new"),
      () => tree.makeLink("new", "file"),
      () => tree.unlink("file"),
      () => tree.setTimes("file", 0, 0),
    ]
  ) assertEquals(codeOf(act), "ROFS");
});

Deno.test("leadsOut() goes by the text of a link", () => {
  for (const [path, target] of [["a", "b"], ["a/b", "../c"], ["a/b/c", "../../d"], ["a", "b/.."]]) {
    assertEquals(leadsOut(path ?? "", target ?? ""), false, `${path} -> ${target}`);
  }
  for (const [path, target] of [["a", "/b"], ["a", ".."], ["a/b", "../../c"], ["a", "b/../../c"]]) {
    assertEquals(leadsOut(path ?? "", target ?? ""), true, `${path} -> ${target}`);
  }
});
