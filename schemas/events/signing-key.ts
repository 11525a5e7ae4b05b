import { signingKeyRotation } from '../signing-key.ts'
import type { EventOf } from './event-of.ts'

/** Event data by event name, of the newest version of each. */
export const signingKeyEventData = {
  /** Another key signs manifests; the event's actor let it. */
  'signing-key.rotated': signingKeyRotation,
} as const

export type SigningKeyEvent = EventOf<typeof signingKeyEventData>
