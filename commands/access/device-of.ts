import type { Actor } from '../../schemas/actor.ts'

/** The device that an actor with the role `device` is: the one that its credential was given to, else its token's `sub`. */
export function deviceOf({ device, id }: Pick<Actor, 'device' | 'id'>): string {
  return device ?? id.replace(/^api-key:/, '')
}
