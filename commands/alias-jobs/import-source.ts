import type { AliasLine } from '../../schemas/alias-line.ts'
import type { Scope } from '../../schemas/scope.ts'

/** A line that is well formed, and the slot that it is about. */
export interface ImportLine {
  /** Its number in the file, from 1. */
  readonly line: number
  readonly alias: AliasLine
  /** Length of its text. */
  readonly characters: number
}

/** The good lines of a file, which can be read again from the start. Each is about another slot. */
export interface ImportSource {
  /** Lines of the file, bad ones included. */
  readonly total: number
  /** Bad ones among them. */
  readonly bad: number
  /** Every scope that a good line names, once. */
  readonly scopes: readonly Scope[]
  /** sha256 of the good lines and of how they are to be imported. */
  readonly digest: string
  /** Whether a good line is about this slot. */
  has(subject: string): boolean
  /** Whether the slot says anything about a good line: it is the line's, or that of what its name looks like. */
  concerns(subject: string): boolean
  /** In order, some at a time. */
  lines(): AsyncIterable<readonly ImportLine[]>
}
