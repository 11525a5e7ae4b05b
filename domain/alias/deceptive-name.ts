/**
 * Why a name deceives by itself, in words; `undefined` if it does not. Invisible characters, and letters of several
 * scripts: one everyday script with whatever all scripts share, or one of the three mixtures that East Asia writes
 * ("highly restrictive" of UTS 39). The signs of units and quantities, `Ω µ Δ π`, go with any.
 * @see https://www.unicode.org/reports/tr39/#Restriction_Level_Detection
 */
export function deception(name: string): string | undefined {
  if (ASCII.test(name)) return undefined
  patterns ??= compilePatterns()
  const { emoji, unseen, shared, named, writtenTogether } = patterns
  const invisible = unseen.exec(name.replaceAll(emoji, ''))?.[0]
  if (invisible !== undefined) return `the name holds U+${codePoint(invisible)}, which nobody sees`
  const letters = name.replaceAll(shared, '')
  if (writtenTogether.some((scripts) => scripts.test(letters))) return undefined
  const used = named.filter(([, script]) => script.test(letters)).map(([script]) => script)
  return used.length > 1
    ? `the name mixes letters of several scripts (${used.join(', ')})`
    : 'the name holds letters of a script that is not in everyday use'
}

const ASCII = /^[\x20-\x7e]*$/
/** Recommended scripts of UAX 31, table 5. */
const EVERYDAY =
  'Latin Cyrillic Greek Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan Bopomofo'.split(
    ' ',
  )

/** Made with the first name that is not ASCII: 20 ms, which a start, or a process without such names, need not pay. */
let patterns: ReturnType<typeof compilePatterns> | undefined

function compilePatterns() {
  const ofScripts = (scripts: readonly string[]): string =>
    scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('')
  return {
    /** What shows an emoji as one is no deception within it. */
    emoji: /\p{RGI_Emoji}\uFE0F?/gv,
    unseen: /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}]/u,
    shared: /[\p{Script_Extensions=Common}\p{Script_Extensions=Inherited}ΔΩμπ\u2126]/gu,
    named: EVERYDAY.map((script) => [script, new RegExp(ofScripts([script]), 'u')] as const),
    writtenTogether: [
      ...EVERYDAY.map((script) => [script]),
      ['Latin', 'Han', 'Hiragana', 'Katakana'],
      ['Latin', 'Han', 'Bopomofo'],
      ['Latin', 'Han', 'Hangul'],
    ].map((scripts) => new RegExp(`^[${ofScripts(scripts)}]*$`, 'u')),
  }
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
