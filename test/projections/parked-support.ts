import { parkedOutcome, requestParked } from '../../projections/parked-requests.ts'
import { eventually } from '../support/infrastructure.ts'
import { AliasLog, EPOCH, GLOBAL_SCOPE, registered } from './alias-events.ts'
import type { ProjectionWorld } from './projection-world.ts'

export const slot = (name: string) => ({ scope: GLOBAL_SCOPE, name })

/** A log of registrations: `name-1`, `name-2` … */
export function aliasLog(count: number): AliasLog {
  const log = new AliasLog()
  for (let n = 1; n <= count; n++) log.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  return log
}

/** The names that are to be seen, in the order of their registration. */
export async function names(world: ProjectionWorld): Promise<readonly string[]> {
  const { rows } = await world.pool.query<{ alias: string }>('select alias from pharos.aliases order by id')
  return rows.map((row) => row.alias)
}

/** Asks the owner, and waits until it has done it. */
export async function decide(world: ProjectionWorld, action: 'replay' | 'discard', position: number): Promise<string> {
  const request = { projector: 'aliases', epoch: EPOCH, position, action, actor: 'ada', reason: 'because' }
  const id = await requestParked(world.pool, request)
  return eventually(() => parkedOutcome(world.pool, id), { what: `${action} of ${position}`, timeoutMs: 60_000 })
}
