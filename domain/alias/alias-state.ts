import type { Target } from '../../schemas/alias.ts'
import type { AliasEvent, LookAlike } from '../../schemas/events/alias.ts'
import type { AliasId } from '../../schemas/ids.ts'

/** A slot: a name key within a scope. An alias lives in it, or it is free. */
export type AliasState = FreeSlot | TakenSlot

interface Slot {
  /** Names in other slots of the scope that look like this one; left out where there are none. */
  readonly lookAlikes?: readonly LookAlike[]
}

export interface FreeSlot extends Slot {
  readonly status: 'free'
}

export interface TakenSlot extends Slot {
  readonly status: 'taken'
  readonly aliasId: AliasId
  /** Position of the event that registered the alias: the integer id shown to people. Renames keep it. */
  readonly number: number
  readonly name: string
  readonly target: Target
  readonly owner: string
  readonly description: string | null
  readonly metadata: Metadata
  readonly enabled: boolean
  readonly expiresAt: string | null
  readonly registeredAt: string
  readonly registeredBy: string
}

type Metadata = Extract<AliasEvent, { type: 'alias.registered' }>['data']['metadata']

export const FREE: FreeSlot = { status: 'free' }

/** An expired alias answers as if absent, and its slot is free, to the millisecond. */
export function isLive(state: AliasState, at: number): state is TakenSlot {
  return state.status === 'taken' && !hasExpired(state.expiresAt, at)
}

export function hasExpired(expiresAt: string | null, at: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= at
}

/** The slot with these look-alikes instead of its own. */
export function withLookAlikes<S extends AliasState>(state: S, lookAlikes: readonly LookAlike[] | undefined): S {
  const { lookAlikes: _, ...rest } = state
  return (lookAlikes === undefined || lookAlikes.length === 0 ? rest : { ...rest, lookAlikes }) as S
}
