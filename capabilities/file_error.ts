/** Why a file operation of a WASI guest came to nothing, in the words of POSIX. @module */

/** Names of POSIX error numbers without their E, as far as file systems give them. */
export type FileErrorCode =
  | "ACCES"
  | "BADF"
  | "BUSY"
  | "DQUOT"
  | "EXIST"
  | "FBIG"
  | "INVAL"
  | "IO"
  | "ISDIR"
  | "LOOP"
  | "MFILE"
  | "MLINK"
  | "NAMETOOLONG"
  | "NOENT"
  | "NOMEM"
  | "NOSPC"
  | "NOTCAPABLE"
  | "NOTDIR"
  | "NOTEMPTY"
  | "NOTSUP"
  | "PERM"
  | "ROFS"
  | "STALE"
  | "TXTBSY"
  | "XDEV";

/** A file operation failed. Its message is for guests, too, and names nothing of this machine. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, options?: ErrorOptions) {
    super(`Cannot use a file of a WASI program: ${code}`, options);
    this.code = code;
  }
}
