/**
 * What makes two spellings the same name: NFKC and full case folding (so `Straße`, `STRASSE` and `strasse` are one).
 * Case folding is done as upper then lower case, which folds what simple lower-casing leaves apart (ß, ﬁ, final sigma);
 * JavaScript has no `casefold`. Idempotent.
 * @see https://www.unicode.org/reports/tr15/ and https://www.unicode.org/versions/latest/core-spec/chapter-3/ (D145)
 */
export function nameKey(name: string): string {
  if (PLAIN_ASCII.test(name)) return name.toLowerCase()
  let key = name
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = key.normalize('NFKC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC')
    if (next === key) return key
    key = next
  }
  return key
}

/** Printable ASCII is its own NFKC form: the names that nearly everybody gives take one native call. */
const PLAIN_ASCII = /^[\x20-\x7e]*$/
/** Folding can expose another compatibility form; it is stable after two rounds in Unicode 16, four leave room. */
const MAX_ROUNDS = 4
