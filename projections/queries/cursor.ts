import { z } from 'zod'

/** Where a page ended, as an opaque text that is safe in a URL. */
export function writeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The `count` parts of a cursor. @throws RangeError when it is none that {@link writeCursor} made of so many parts. */
export function readCursor(cursor: string, count: number): readonly string[] {
  try {
    return z
      .array(z.string())
      .length(count)
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new RangeError('not a cursor of this list', { cause })
  }
}
