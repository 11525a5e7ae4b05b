/** Nesting that is taken: deeper JSON is no data that anybody wrote, and recursion over it could exhaust the stack. */
const MAX_DEPTH = 32

/** Whether Postgres, JSON and UTF-8 can all hold the text: no NUL, no lone surrogate. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

/** The same for a JSON value with all its texts and keys, at most {@link MAX_DEPTH} deep, with numbers that a double can hold. */
export function isStorableJson(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth === MAX_DEPTH) return false
  return Object.entries(value).every(([key, of]) => isStorableText(key) && isStorableJson(of, depth + 1))
}
