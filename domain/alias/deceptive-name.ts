/**
 * Why a name deceives by itself, in words; `undefined` if it does not. Invisible characters, and letters of several
 * scripts: one everyday script with whatever all scripts share, or one of the three mixtures that East Asia writes
 * ("highly restrictive" of UTS 39). The signs of units and quantities, `Ω µ Δ π`, go with any.
 * @see https://www.unicode.org/reports/tr39/#Restriction_Level_Detection
 */
export function deception(name: string): string | undefined {
  if (ASCII.test(name)) return undefined
  const invisible = INVISIBLE.exec(name.replaceAll(EMOJI, ''))?.[0]
  if (invisible !== undefined) return `the name holds U+${codePoint(invisible)}, which nobody sees`
  const letters = name.replaceAll(SHARED, '')
  if (WRITTEN_TOGETHER.some((scripts) => scripts.test(letters))) return undefined
  const used = NAMED.filter(([, script]) => script.test(letters)).map(([script]) => script)
  return used.length > 1
    ? `the name mixes letters of several scripts (${used.join(', ')})`
    : 'the name holds letters of a script that is not in everyday use'
}

const ASCII = /^[\x20-\x7e]*$/
/** What shows an emoji as one is no deception within it. */
const EMOJI = /\p{RGI_Emoji}\uFE0F?/gv
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}]/u
const SHARED = /[\p{Script_Extensions=Common}\p{Script_Extensions=Inherited}ΔΩμπ\u2126]/gu

/** Recommended scripts of UAX 31, table 5. */
const EVERYDAY =
  'Latin Cyrillic Greek Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan Bopomofo'.split(
    ' ',
  )
const NAMED = EVERYDAY.map((script) => [script, new RegExp(`\\p{Script_Extensions=${script}}`, 'u')] as const)
const WRITTEN_TOGETHER = [
  ...EVERYDAY.map((script) => [script]),
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
].map((scripts) => new RegExp(`^[${scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('')}]*$`, 'u'))

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
