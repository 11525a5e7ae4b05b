/**
 * Canonical rows, `canonVersion` 1, the one form that is hashed, stored, sent and loaded: NDJSON, one line a row (each
 * ended by a line feed), each an array of the table's columns in their order, every value the text that a cast to text
 * gives in Postgres (so `true`, not `t`), or null; no space between. Lines are ordered by the primary key's columns, each as text, `COLLATE "C"`.
 * Postgres writes them under {@link CANONICAL_SESSION}, so that central and every device write the same bytes.
 */
export const CANON_VERSION = 1

/** Settings of the session that reads values as text to be hashed. */
export const CANONICAL_SESSION = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  extra_float_digits: '3',
  bytea_output: 'hex',
} as const

export type CanonicalValue = string | null

/** The line of one row, with its line feed. */
export function canonicalLine(values: readonly CanonicalValue[]): string {
  return `${JSON.stringify(values)}\n`
}
