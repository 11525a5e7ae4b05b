import type { Actor } from '../../schemas/actor.ts'

/** What became of a credential. `unavailable`: it could not be checked now, so it is neither good nor bad. */
export type Authentication =
  | { readonly status: 'ok'; readonly actor: Actor }
  | { readonly status: 'unauthorized'; readonly message: string }
  | { readonly status: 'unavailable'; readonly message: string }

/** A credential that was verified, and until when nobody need verify it again (epoch milliseconds, exclusive). */
export interface Verified {
  readonly status: 'ok'
  readonly actor: Actor
  readonly until: number
}

export type Verification = Verified | Exclude<Authentication, { status: 'ok' }>

export function unauthorized(message: string): Exclude<Verification, Verified> {
  return { status: 'unauthorized', message }
}
