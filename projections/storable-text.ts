/**
 * The text as Postgres can hold it: NUL, which no `text` may contain, becomes U+FFFD. Schemas should refuse it at the
 * gate; what slipped through is shown so, rather than stopping a projector.
 */
export function storableText(text: string): string {
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text
}

/** The value as JSON text that `jsonb` takes: NUL and lone surrogates, in keys too, become U+FFFD. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value)
  return UNSTORABLE.test(text) ? JSON.stringify(repaired(value)) : text
}

/** `JSON.stringify` escapes exactly these; a false alarm (an escaped backslash before it) costs a copy, no more. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/

function repaired(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value.toWellFormed())
  if (Array.isArray(value)) return value.map(repaired)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [storableText(key.toWellFormed()), repaired(of)]))
}
