import type { ActorId } from '../../schemas/ids.ts'

/** The device that an actor with the role `device` is: its token's `sub`, or the id of its API key. */
export function deviceOf(actor: ActorId): string {
  return actor.replace(/^api-key:/, '')
}
