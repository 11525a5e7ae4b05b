import { z } from 'zod'
import { fleetId } from './fleet.ts'
import { grouped } from './grouped.ts'
import { isStorableText } from './storable.ts'

function text(what: string, most: number) {
  return z
    .string()
    .min(1, `${what} must not be empty; null means that there is none`)
    .max(most, `${what} is at most ${grouped(most)} characters`)
    .refine(isStorableText, `${what} must not hold NUL or lone surrogates`)
}

/** What people call a channel. Need not be unique: `secondary` tells apart those of one name. */
export const channelName = text('a name', 255).refine((name) => name.trim() === name, {
  message: 'a name must not begin or end with a space',
})

/** What can be said of a channel beside its name, and changed later. */
export const channelDetails = {
  secondary: text('a secondary name', 255),
  meta: text('meta', 16_384),
  description: text('a description', 4000),
  /** What is measured, as its source calls it: a column, a tag, a path. */
  target: text('a target', 500),
  unit: text('a unit', 64),
  /** The only device that may observe it; `null`: any. */
  device: fleetId,
} as const

/** Who made the channel known: an actor's id, or whom that actor names. */
export const channelAuthor = text('an author', 256)
