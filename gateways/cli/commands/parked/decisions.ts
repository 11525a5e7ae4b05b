import { Command } from 'commander'
import type { Pool } from 'pg'
import { createPool } from '../../../../infra/postgres/pool.ts'
import { Backoff } from '../../../../projections/backoff.ts'
import { listParked } from '../../../../projections/list-parked.ts'
import {
  type ParkedOutcome,
  type ParkedRequest,
  parkedOutcome,
  requestParked,
} from '../../../../projections/parked-requests.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { reachServers } from '../../platform/reach-servers.ts'
import { userName } from '../../platform/user-name.ts'
import { positionArgument } from './position-argument.ts'

/** How long to wait for the owner; it looks twice a second. */
const TIMEOUT_S = 30

interface Options {
  readonly actor: string
  readonly reason?: string
  readonly timeout: string
  readonly json?: true
}

/** What a person can do about a parked event. The projector's owner does it; these commands ask, and wait. */
export function parkedDecisions(): Command[] {
  return [
    decision('replay', 'apply a parked event again, and all that waits for it')
      .option('--reason <text>', 'for the record')
      .action((projector: string, position: number, options: Options) =>
        decide('replay', projector, position, options),
      ),
    decision('discard', 'go on without a parked event, for good: rebuilds leave it out too')
      .requiredOption('--reason <text>', 'for the record')
      .action((projector: string, position: number, options: Options) =>
        decide('discard', projector, position, options),
      ),
  ]
}

function decision(action: ParkedRequest['action'], description: string): Command {
  return new Command(action)
    .description(description)
    .argument('<projector>')
    .argument('<position>', 'of the parked event', positionArgument)
    .option('--actor <name>', 'who decides this', userName())
    .option('--timeout <seconds>', 'how long to wait for the owner of the projector', String(TIMEOUT_S))
    .option('--json')
}

async function decide(
  action: ParkedRequest['action'],
  projector: string,
  position: number,
  { actor, reason, timeout, json }: Options,
): Promise<void> {
  if (reason?.trim() === '') throw new Failure('--reason must say something')
  const seconds = Number(timeout)
  if (!(seconds > 0 && seconds <= 3600)) throw new Failure('--timeout must be seconds, more than 0 and at most 3600')
  const { databaseUrl } = await reachServers()
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'pharos parked', onError: () => undefined })
  try {
    const epoch = await epochOf(pool, projector)
    // An owner that holds nothing back looks for no requests.
    if (!(await listParked(pool, projector)).some((parked) => parked.position === position))
      throw new Failure(tell('unknown', projector, position))
    const id = await requestParked(pool, { projector, epoch, position, action, actor, reason: reason ?? null })
    const outcome = await answered(pool, id, AbortSignal.any([interruptSignal(), AbortSignal.timeout(seconds * 1000)]))
    if (outcome === undefined)
      throw new Failure(`no owner of ${projector} has done it yet; the request stands, and the next owner will`)
    const told = tell(outcome, projector, position)
    if (outcome === 'released' || json === true)
      createOutput(json === true).result({ projector, position, action, outcome }, () => told)
    if (outcome !== 'released') throw new Failure(told)
  } finally {
    await pool.end()
  }
}

async function epochOf(pool: Pool, projector: string): Promise<string> {
  const { rows } = await pool.query<{ epoch: string }>(
    'select epoch from pharos.projection_checkpoints where projector = $1 and epoch is not null',
    [projector],
  )
  if (rows[0] === undefined) throw new Failure(`there is no projector ${projector} that has met the log`)
  return rows[0].epoch
}

async function answered(pool: Pool, id: string, signal: AbortSignal): Promise<ParkedOutcome | undefined> {
  const backoff = new Backoff(50, 500)
  while (!signal.aborted) {
    const outcome = await parkedOutcome(pool, id)
    if (outcome !== undefined) return outcome
    await backoff.wait(signal)
  }
  return undefined
}

function tell(outcome: ParkedOutcome, projector: string, position: number): string {
  switch (outcome) {
    case 'released':
      return `${projector}: nothing waits for ${position} any more`
    case 'held':
      return `${projector}: something could still not be applied and is parked; "pharos parked list ${projector}" says what`
    case 'unknown':
      return `${projector} has parked nothing at ${position}`
  }
}
