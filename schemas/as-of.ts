import { z } from 'zod'
import { parsePosition, type Position, positionText } from './position.ts'

/** A moment of the log: a position in it, or a time (epoch milliseconds). */
export type AsOf =
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'time'; readonly at: number }

const time = z.iso.datetime({ offset: true })

/** As text: a position as a reply carried it, or RFC 3339 with any offset. */
export const asOfText = z
  .string()
  .refine(
    (text) => positionText.safeParse(text).success || time.safeParse(text).success,
    'must be a position <epoch>-<sequence> as a reply carried it, or a time such as 2026-03-01T12:00:00Z',
  )

/** @throws z.ZodError when the text is neither. */
export function parseAsOf(text: string): AsOf {
  const valid = asOfText.parse(text)
  return positionText.safeParse(valid).success
    ? { kind: 'position', position: parsePosition(valid) }
    : { kind: 'time', at: Date.parse(valid) }
}
