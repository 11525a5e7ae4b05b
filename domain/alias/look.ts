import confusables from './confusables.json' with { type: 'json' }
import { fitsToken } from '../../schemas/subjects.ts'
import { nameKey } from './name-key.ts'

/**
 * What a name key looks like: names of one look cannot be told apart by eye (the skeleton of UTS 39, over name keys).
 * ASCII looks like itself, since everyday names differ by `1`, `l` and `I`; so the look of most names is their key.
 * @see https://www.unicode.org/reports/tr39/#Confusable_Detection
 */
export function lookOf(key: string): string {
  if (ASCII.test(key)) return key
  looks ??= readLooks()
  let look = ''
  for (const character of key.normalize('NFD').replaceAll(INVISIBLE, '')) look += looks.get(character) ?? character
  const folded = nameKey(look)
  // A look that no slot can have is noted nowhere.
  return fitsToken(folded) ? folded : key
}

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const ASCII = /^[\x20-\x7e]*$/

/** By character; made with the first name that is not ASCII. */
let looks: ReadonlyMap<string, string> | undefined

function readLooks(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(confusables.looks).flatMap(([look, characters]) =>
      Array.from(characters, (character) => [character, look] as const),
    ),
  )
}
