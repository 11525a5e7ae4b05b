import { Command } from 'commander'
import { createPool } from '../../../../infra/postgres/pool.ts'
import { listParked, type ParkedEvent } from '../../../../projections/list-parked.ts'
import type { RecordedEvent } from '../../../../schemas/envelope.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { connectNats } from '../../platform/connect-nats.ts'
import { openLog } from '../../platform/open-log.ts'
import { reachServers } from '../../platform/reach-servers.ts'
import { positionArgument } from './position-argument.ts'

/** Aggregates of one event that are listed for people; `--json` has all. */
const SHOWN = 20

/** The commands that look at what is parked. */
export function parkedReads(): Command[] {
  return [
    new Command('list')
      .description('parked events, and how many aggregates wait for each')
      .argument('[projector]', 'only what this one has parked')
      .option('--json')
      .action(async (projector: string | undefined, { json }: { json?: true }) => {
        const parked = await withPool((pool) => listParked(pool, projector))
        createOutput(json === true).result(parked, () =>
          parked.length === 0 ? 'nothing is parked' : parked.map(line).join('\n'),
        )
      }),
    new Command('show')
      .description('one parked event: what it says, why it cannot be applied, and what waits for it')
      .argument('<projector>')
      .argument('<position>', 'of the event', positionArgument)
      .option('--json')
      .action(async (projector: string, position: number, { json }: { json?: true }) => {
        const found = (await withPool((pool) => listParked(pool, projector))).find((one) => one.position === position)
        if (found === undefined) throw new Failure(`${projector} has parked nothing at ${position}`)
        const event = await eventAt(position)
        createOutput(json === true).result({ ...found, event: event ?? null }, () => details(found, event))
      }),
  ]
}

async function withPool<T>(read: (pool: ReturnType<typeof createPool>) => Promise<T>): Promise<T> {
  const { databaseUrl } = await reachServers()
  const pool = createPool({
    connectionString: databaseUrl,
    applicationName: 'pharos parked',
    onError: () => undefined,
  })
  try {
    return await read(pool)
  } finally {
    await pool.end()
  }
}

async function eventAt(position: number): Promise<RecordedEvent | undefined> {
  const { natsUrl } = await reachServers()
  const connection = await connectNats(natsUrl, 'pharos parked')
  try {
    const log = await openLog(connection)
    const range = { fromSequence: position, untilSequence: position, signal: interruptSignal() }
    for await (const event of log.readAll(range)) return event
    return undefined
  } finally {
    await connection.close()
  }
}

function line({ projector, position, error, held, parkedAt }: ParkedEvent): string {
  const waiting = `${held.length} ${held.length === 1 ? 'aggregate waits' : 'aggregates wait'}`
  return `${projector}  ${position}  ${parkedAt}  ${waiting}  ${error.split('\n')[0]}`
}

function details({ projector, position, error, held, parkedAt }: ParkedEvent, event: RecordedEvent | undefined) {
  const more = held.length > SHOWN ? [`  … and ${held.length - SHOWN} more`] : []
  return [
    `${projector} cannot apply what stands at ${position}, since ${parkedAt}:`,
    `  ${error.replaceAll('\n', '\n  ')}`,
    ...(event === undefined ? [] : [`event ${event.envelope.type} on ${event.subject} by ${event.envelope.actor}:`]),
    ...(event === undefined ? [] : [`  ${JSON.stringify(event.envelope.data)}`]),
    'held back, and from which position on:',
    ...held.slice(0, SHOWN).map(({ aggregate, from }) => `  ${aggregate}  ${from}`),
    ...more,
  ].join('\n')
}
