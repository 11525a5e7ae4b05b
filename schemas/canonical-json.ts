import { quoted } from './quoted.ts'

/**
 * A JSON value as its one canonical text: keys sorted by code unit, no white space, texts escaped as `JSON.stringify` does.
 * Of what JSON can say only; a property that is `undefined` is left out. Written by hand, for every command pays for it, and
 * every entry of the audit whenever it is proven.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? arrayText(value) : objectText(value)
  // Of a text such as 1e400 JSON makes a number that it cannot write.
  if (typeof value === 'number' && !Number.isFinite(value)) return 'null'
  // `String` writes numbers, `true`, `false` and `null` as JSON does; there are no others.
  return String(value)
}

function arrayText(values: readonly unknown[]): string {
  return `[${values.map(canonicalJson).join(',')}]`
}

function objectText(value: object): string {
  const of = value as Readonly<Record<string, unknown>>
  let json = ''
  for (const key of sorted(Object.keys(value)))
    if (of[key] !== undefined) json += `${json === '' ? '' : ','}${keyText(key)}${canonicalJson(of[key])}`
  return `{${json}}`
}

/** The same keys come again and again; of a stranger's there may be any number. */
const MOST_KEYS = 1000
const keyTexts = new Map<string, string>()

function keyText(key: string): string {
  const known = keyTexts.get(key)
  if (known !== undefined) return known
  const text = `${quoted(key)}:`
  if (keyTexts.size < MOST_KEYS) keyTexts.set(key, text)
  return text
}

/** So few are in order sooner by hand. */
const FEW = 16

function sorted(keys: string[]): readonly string[] {
  if (keys.length > FEW) return keys.toSorted()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let at = i
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string
    keys[at] = key
  }
  return keys
}
