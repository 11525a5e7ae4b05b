import { z } from 'zod'

/** One life of the log. A ULID, minted with the stream and again by every restore, so a later epoch sorts after. */
export const epoch = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  .brand<'Epoch'>()
export type Epoch = z.infer<typeof epoch>

/** A place in the `EVENTS` stream: its epoch and stream sequence. Sequence 0 is before the first event. */
export interface Position {
  readonly epoch: Epoch
  readonly sequence: number
}

/** An aggregate's last stream sequence; 0 means that nothing was ever written. */
export type Revision = number

/** As text `<epoch>-<sequence>`: what replies carry and what `Pharos-Min-Position` takes back. */
export const positionText = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}-(0|[1-9][0-9]{0,15})$/, 'must be <epoch>-<sequence>, as a reply carried it')

export function formatPosition(position: Position): string {
  return `${position.epoch}-${position.sequence}`
}

/** @throws z.ZodError when the text is no position. */
export function parsePosition(text: string): Position {
  const [epochText, sequence] = positionText.parse(text).split('-')
  return { epoch: epoch.parse(epochText), sequence: Number(sequence) }
}
