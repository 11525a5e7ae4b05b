import { z } from 'zod'
import { fleetId } from '../fleet.ts'
import { person, personal } from '../personal.ts'

// What is in the log was accepted once, and may be erased since: limits of today's gate are not asked of it again.
const userId = person(fleetId)
const name = personal(z.string())
const contact = personal(z.string().nullable())

/** Event data by event name, of the newest version of each. */
export const userEventData = {
  'user.registered': z.strictObject({ userId, companyId: fleetId, name, email: contact, phone: contact }),
  /** Only what has changed; `null`: there is none any more. */
  'user.changed': z.strictObject({
    userId,
    companyId: fleetId.exactOptional(),
    name: name.exactOptional(),
    email: contact.exactOptional(),
    phone: contact.exactOptional(),
  }),
  'user.group-linked': z.strictObject({ userId, groupId: fleetId }),
  'user.group-unlinked': z.strictObject({ userId, groupId: fleetId }),
  'user.removed': z.strictObject({ userId }),
  /** The person's key is destroyed, and their rows are deleted, wherever this is read. */
  'user.erased': z.strictObject({ userId }),
} as const

export type UserEventName = keyof typeof userEventData
export type UserEvent = {
  [N in UserEventName]: { readonly type: N; readonly data: z.infer<(typeof userEventData)[N]> }
}[UserEventName]
