import { MUST_BE_JSON, parseJson } from '../parse-json.ts'
import { MAX_LINE, type RawLine } from './raw-line.ts'

/**
 * Lines of NDJSON, some at a time; empty ones are left out but counted. A line that is too long or no JSON is told as
 * such, and the next one is read.
 */
export async function* readNdjson(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly RawLine[], void> {
  const utf8 = new TextDecoder('utf-8')
  let [rest, line, tooLong] = ['', 0, false]
  const parse = (text: string): RawLine | undefined => {
    line++
    if (tooLong || text.length > MAX_LINE) {
      tooLong = false
      return { line, fault: `is longer than ${MAX_LINE} characters` }
    }
    if (text.trim() === '') return undefined
    try {
      return { line, value: parseJson(text), characters: text.length }
    } catch {
      return { line, fault: MUST_BE_JSON }
    }
  }
  for await (const chunk of bytes) {
    const pieces = (rest + utf8.decode(chunk, { stream: true })).split('\n')
    rest = pieces.pop() ?? ''
    const lines = pieces.map(parse).filter((of) => of !== undefined)
    if (lines.length > 0) yield lines
    // Of a line without an end no more is kept than says so.
    if (rest.length > MAX_LINE) [rest, tooLong] = ['', true]
  }
  const last = parse(rest + utf8.decode())
  if (last !== undefined) yield [last]
}
