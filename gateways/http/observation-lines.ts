import type { ArrivedObservation } from '../../commands/observation/sent-observation.ts'
import { parseExactly } from '../../schemas/read-observations.ts'

/** Longest line, in characters: an observation is far below. */
const MAX_LINE = 4096
/** Most lines that are given at a time. */
const MAX_LINES = 1000
/** Longest body, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024

/**
 * Observations out of NDJSON, some at a time, numbers exactly as they were written; empty lines are left out but counted.
 * Of a body that is too long the lines that there was room for are given, and then a fault.
 */
export async function* observationLines(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly ArrivedObservation[], void> {
  const utf8 = new TextDecoder()
  let [rest, line, isTooLong, length] = ['', 0, false, 0]
  const read = (text: string): ArrivedObservation | undefined => {
    line++
    const fault = isTooLong || text.length > MAX_LINE ? { fault: `is longer than ${MAX_LINE} characters` } : undefined
    isTooLong = false
    if (fault !== undefined) return { line, json: undefined, ...fault }
    return text.trim() === '' ? undefined : { line, json: parseExactly(text) }
  }
  for await (const chunk of bytes) {
    length += chunk.length
    if (length > MAX_BYTES) {
      const fault = `the body is longer than ${MAX_BYTES} bytes: send what follows as another`
      return yield [{ line: line + 1, json: undefined, fault }]
    }
    const pieces = (rest + utf8.decode(chunk, { stream: true })).split('\n')
    rest = pieces.pop() ?? ''
    const lines = pieces.map(read).filter((one) => one !== undefined)
    for (let at = 0; at < lines.length; at += MAX_LINES) yield lines.slice(at, at + MAX_LINES)
    // Of a line without an end no more is kept than says so.
    if (rest.length > MAX_LINE) [rest, isTooLong] = ['', true]
  }
  const last = read(rest + utf8.decode())
  if (last !== undefined) yield [last]
}
