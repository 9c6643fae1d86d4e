/** Paths: making, moving and removing names. No name is made or removed through a link. @module */

import { leadsOut } from "../../capabilities/link_target.ts";
import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";
import { fail, FILETYPE } from "./files.ts";
import { textAt } from "./path.ts";
import { RIGHT } from "./rights.ts";
import { type Place, walk } from "./walk.ts";

const SYMLINK_FOLLOW = 1;

/** The functions that change names. */
export function pathNameFunctions(host: WasiHost): WasiFunctions {
  return { ...makeFunctions(host), ...moveFunctions(host), ...removeFunctions(host) };
}

type Find = (fd: number, right: number, ptr: number, length: number) => Place;

/** A name below a directory that may be used for that; a link itself is meant. */
function finder({ memory, descriptors, tick }: WasiHost): Find {
  return (fd, right, ptr, length) => {
    const start = descriptors.directory(fd, right);
    return walk(start, textAt(memory, ptr, length), false, tick);
  };
}

function makeFunctions(host: WasiHost): WasiFunctions {
  const { memory } = host;
  const find = finder(host);
  return {
    path_create_directory: {
      type: "(i32, i32, i32) -> i32",
      run(fd: number, ptr: number, length: number) {
        const { tree, path, stat } = find(fd, RIGHT.PATH_CREATE_DIRECTORY, ptr, length);
        if (stat !== undefined) return ERRNO.EXIST;
        tree.makeDirectory(path);
        return ERRNO.SUCCESS;
      },
    },
    path_symlink: {
      type: "(i32, i32, i32, i32, i32) -> i32",
      run(
        ...[targetPtr, targetLength, fd, ptr, length]: [number, number, number, number, number]
      ) {
        const place = find(fd, RIGHT.PATH_SYMLINK, ptr, length);
        const target = textAt(memory, targetPtr, targetLength);
        if (target === "") return ERRNO.NOENT;
        if (target.includes("\0")) return ERRNO.INVAL;
        checkNew(place);
        if (leadsOut(place.path, target)) return ERRNO.NOTCAPABLE;
        place.tree.makeLink(place.path, target);
        return ERRNO.SUCCESS;
      },
    },
    path_link: {
      type: "(i32, i32, i32, i32, i32, i32, i32) -> i32",
      run(
        ...[oldFd, lookup, oldPtr, oldLength, fd, ptr, length]: [
          ...[number, number, number, number],
          ...[number, number, number],
        ]
      ) {
        const old = find(oldFd, RIGHT.PATH_LINK_SOURCE, oldPtr, oldLength);
        // a link that is followed would be a second name for whatever it leads to by then
        if ((lookup & SYMLINK_FOLLOW) !== 0) return ERRNO.INVAL;
        const place = find(fd, RIGHT.PATH_LINK_TARGET, ptr, length);
        if (old.stat === undefined) return ERRNO.NOENT;
        if (old.slash && old.stat.type !== FILETYPE.DIRECTORY) return ERRNO.NOTDIR;
        checkNew(place);
        if (old.stat.type === FILETYPE.DIRECTORY) return ERRNO.PERM;
        if (old.tree !== place.tree) return ERRNO.XDEV;
        if (old.stat.type === FILETYPE.SYMBOLIC_LINK) checkMoved(old, place);
        old.tree.link(old.path, place.path);
        return ERRNO.SUCCESS;
      },
    },
  };
}

function moveFunctions(host: WasiHost): WasiFunctions {
  const { descriptors } = host;
  const find = finder(host);
  return {
    path_rename: {
      type: "(i32, i32, i32, i32, i32, i32) -> i32",
      run(
        ...[oldFd, oldPtr, oldLength, fd, ptr, length]: [
          ...[number, number, number],
          ...[number, number, number],
        ]
      ) {
        const old = find(oldFd, RIGHT.PATH_RENAME_SOURCE, oldPtr, oldLength);
        const place = find(fd, RIGHT.PATH_RENAME_TARGET, ptr, length);
        if (old.stat === undefined) return ERRNO.NOENT;
        if (!old.named || !place.named) return ERRNO.BUSY;
        const isDirectory = old.stat.type === FILETYPE.DIRECTORY;
        if (!isDirectory && (old.slash || place.slash)) return ERRNO.NOTDIR;
        if (old.tree !== place.tree) return ERRNO.XDEV;
        if (old.path === place.path) return ERRNO.SUCCESS;
        if (isDirectory && place.path.startsWith(`${old.path}/`)) return ERRNO.INVAL;
        if (place.stat !== undefined) {
          const onDirectory = place.stat.type === FILETYPE.DIRECTORY;
          if (isDirectory && !onDirectory) return ERRNO.NOTDIR;
          if (!isDirectory && onDirectory) return ERRNO.ISDIR;
        }
        if (old.stat.type === FILETYPE.SYMBOLIC_LINK) checkMoved(old, place);
        old.tree.rename(old.path, place.path);
        if (isDirectory) descriptors.moved(old, place.path);
        return ERRNO.SUCCESS;
      },
    },
  };
}

function removeFunctions(host: WasiHost): WasiFunctions {
  const find = finder(host);
  return {
    path_unlink_file: {
      type: "(i32, i32, i32) -> i32",
      run(fd: number, ptr: number, length: number) {
        const { tree, path, stat, slash } = find(fd, RIGHT.PATH_UNLINK_FILE, ptr, length);
        if (stat === undefined) return ERRNO.NOENT;
        if (stat.type === FILETYPE.DIRECTORY) return ERRNO.ISDIR;
        if (slash) return ERRNO.NOTDIR;
        tree.unlink(path);
        return ERRNO.SUCCESS;
      },
    },
    path_remove_directory: {
      type: "(i32, i32, i32) -> i32",
      run(fd: number, ptr: number, length: number) {
        const { tree, path, stat, named } = find(fd, RIGHT.PATH_REMOVE_DIRECTORY, ptr, length);
        if (stat === undefined) return ERRNO.NOENT;
        if (stat.type !== FILETYPE.DIRECTORY) return ERRNO.NOTDIR;
        if (!named) return ERRNO.INVAL;
        tree.removeDirectory(path);
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** A new name for something that is no directory. */
function checkNew({ stat, slash }: Place): void {
  if (stat !== undefined) fail("EXIST");
  if (slash) fail("NOENT");
}

/** A link that leads elsewhere from where it goes leads nowhere out of the tree. */
function checkMoved(old: Place, place: Place): void {
  if (leadsOut(place.path, old.tree.readLink(old.path))) fail("NOTCAPABLE");
}
