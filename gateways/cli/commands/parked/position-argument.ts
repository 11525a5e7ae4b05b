import { InvalidArgumentError } from 'commander'

/** A position as people type it: the sequence in the log. */
export function positionArgument(text: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new InvalidArgumentError('must be a position in the log, 1 or more')
  return Number(text)
}
