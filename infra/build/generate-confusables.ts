import { readFile, writeFile } from 'node:fs/promises'
import { nameKey } from '../../domain/alias/name-key.ts'

/**
 * Writes `domain/alias/confusables.json` from Unicode's `confusables.txt`:
 * `node infra/build/generate-confusables.ts <path of https://www.unicode.org/Public/security/17.0.0/confusables.txt>`.
 *
 * Kept is what can occur in a name key. Lower and upper case of a letter are one there, so it looks like whatever one of
 * its cases looks like: ASCII first, then lower case (`в` is `b`, for `В` is `B`). ASCII itself is left alone: everyday
 * names differ by `1`, `l` and `I`.
 */
const SOURCE = process.argv[2]
if (SOURCE === undefined) throw new RangeError('name the path of confusables.txt')
const TARGET = new URL('../../domain/alias/confusables.json', import.meta.url)
const ASCII = /^[\x20-\x7e]+$/

const text = await readFile(SOURCE, 'utf8')
const version = /^# Version: (\S+)/m.exec(text)?.[1] ?? 'unknown'
const candidates = new Map<string, { lower?: string; upper?: string }>()
for (const line of text.split('\n')) {
  const [, from, to] = /^\uFEFF?([0-9A-F]+) ;\t([0-9A-F ]+) ;/.exec(line) ?? []
  if (from === undefined || to === undefined) continue
  const source = characters(from)
  const key = nameKey(source)
  if (ASCII.test(source) || ASCII.test(key) || Array.from(key.normalize('NFD')).length !== 1) continue
  const known = candidates.get(key) ?? {}
  candidates.set(key, { ...known, [source === key ? 'lower' : 'upper']: nameKey(characters(to)) })
}

const closed = new Map([...candidates.keys()].map((key) => [key, look(key)]))
const byLook = Map.groupBy(
  [...closed].filter(([key, of]) => key !== of),
  ([, of]) => of,
)
const looks = Object.fromEntries(
  [...byLook]
    .map(([of, pairs]) => [of, pairs.map(([key]) => key).join('')] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1)),
)
const table = {
  source: `Unicode security data, confusables.txt ${version}`,
  license: 'Unicode License v3, (c) Unicode, Inc., https://www.unicode.org/license.txt',
  looks,
}
await writeFile(TARGET, `${escaped(JSON.stringify(table, null, 2))}\n`)

function characters(hex: string): string {
  return String.fromCodePoint(
    ...hex
      .trim()
      .split(' ')
      .map((one) => Number.parseInt(one, 16)),
  )
}

/** Followed to its end, since a prototype may be folded to a character that has one itself. */
function look(key: string, depth = 0): string {
  if (depth > 8) throw new Error(`${key} has no end`)
  const next = nameKey(Array.from(key.normalize('NFD'), (one) => best(candidates.get(one)) ?? one).join(''))
  return next === key ? key : look(next, depth + 1)
}

function best(of: { lower?: string; upper?: string } | undefined): string | undefined {
  return [of?.lower, of?.upper].find((one) => one !== undefined && ASCII.test(one)) ?? of?.lower ?? of?.upper
}

/** In ASCII, so that no editor or diff is confused by what is meant to confuse. */
function escaped(json: string): string {
  return json.replace(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
