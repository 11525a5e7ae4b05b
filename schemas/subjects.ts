/** A subject of the `EVENTS` stream that holds exactly one aggregate: `evt.<aggregate>.<id…>`. */
export type AggregateSubject = string & { readonly __brand: 'AggregateSubject' }

/** Longest escaped token and longest subject, in bytes. A 4 KB subject closes the connection for everybody. */
export const MAX_TOKEN_BYTES = 512
export const MAX_SUBJECT_BYTES = 2048

const STANDS = /^[A-Za-z0-9_-]+$/
const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Turns any non-empty text into one token that is valid in subjects and KV keys: letters, digits, `-` and `_` stand,
 * every other UTF-8 byte is `=HH` (upper-case hex). Different texts never give the same token.
 * @throws RangeError when the text is empty or holds a lone surrogate: neither has a token.
 */
export function escapeToken(text: string): string {
  if (text.length === 0) throw new RangeError('an empty text has no token')
  if (STANDS.test(text)) return text
  if (!text.isWellFormed()) throw new RangeError('a text with a lone surrogate has no token')
  let token = ''
  for (const byte of utf8.encode(text)) {
    const char = String.fromCharCode(byte)
    token += STANDS.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return token
}

/** The text whose token this is. @throws RangeError when no text has this token. */
export function unescapeToken(token: string): string {
  if (STANDS.test(token)) return token
  const bytes: number[] = []
  for (let i = 0; i < token.length; i++) {
    const char = token[i] ?? ''
    if (char === '=') {
      const hex = token.slice(i + 1, i + 3)
      if (!/^[0-9A-F]{2}$/.test(hex)) throw new RangeError(`not an escaped token: ${token}`)
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else bytes.push(char.charCodeAt(0))
  }
  const text = strictUtf8.decode(Uint8Array.from(bytes))
  if (text.length === 0 || escapeToken(text) !== token) throw new RangeError(`not an escaped token: ${token}`)
  return text
}

/** Whether the text's token stays within {@link MAX_TOKEN_BYTES}. */
export function fitsToken(text: string): boolean {
  return text.length > 0 && text.isWellFormed() && escapeToken(text).length <= MAX_TOKEN_BYTES
}

/** `evt.<aggregate>.<id…>` with every id escaped. @throws RangeError beyond the size limits. */
export function aggregateSubject(aggregate: string, ...ids: readonly string[]): AggregateSubject {
  const subject = ['evt', aggregate, ...ids.map(escapeToken)].join('.')
  if (subject.length > MAX_SUBJECT_BYTES)
    throw new RangeError(`subject of ${subject.length} bytes, at most ${MAX_SUBJECT_BYTES}`)
  return subject as AggregateSubject
}

/**
 * Where the marks of guards on an aggregate stand, in the stream of its events: `evt.company.acme` → `guard.company.acme`.
 * Who is about to refer to an aggregate marks it so, in the batch of the reference.
 */
export function guardSubject(subject: AggregateSubject): string {
  return `guard${subject.slice('evt'.length)}`
}
