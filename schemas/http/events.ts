import { z } from 'zod'
import { positionText } from '../position.ts'
import { scopeText } from './scope-text.ts'

/** Which events a stream has: all that is given must hold. */
export const eventsQuery = z.object({
  scope: scopeText.optional().describe('global, site:<site> with its nodes, node:<site>/<node> or context:<context>'),
  type: z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(
      z.array(z.string().regex(/^[a-z-]+\.[a-z-]+$/, 'must be names such as alias.registered, separated by commas')),
    )
    .optional()
    .describe('Names of events, separated by commas: alias.registered,alias.removed'),
  after: positionText.optional().describe('From here on, as Last-Event-ID, which goes before it; else from now on'),
})

export const eventsHeaders = z.looseObject({ 'last-event-id': positionText.optional() })
