/** One line of a file of aliases as it was read: a value that is yet to be checked, or why it is none. */
export type RawLine =
  | { readonly line: number; readonly value: unknown; readonly characters: number }
  | { readonly line: number; readonly fault: string }

/** Longest line, in characters: an alias with all its metadata is far below. */
export const MAX_LINE = 128 * 1024

/** A file that is no file of aliases as a whole. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}
