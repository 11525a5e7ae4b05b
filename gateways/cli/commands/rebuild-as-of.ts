import { randomInt } from 'node:crypto'
import { InvalidArgumentError } from 'commander'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { openLogHistory } from '../../../infra/jetstream/jetstream-log-history.ts'
import { findMoment } from '../../../projections/as-of/moment.ts'
import { queryScratch } from '../../../projections/as-of/query-scratch.ts'
import { buildScratch, dropScratch, scratchSchemas, sweepScratches } from '../../../projections/as-of/scratch.ts'
import type { Projector } from '../../../projections/projector.ts'
import { openSession } from '../../../projections/session.ts'
import { asOfText, parseAsOf } from '../../../schemas/as-of.ts'
import { formatPosition } from '../../../schemas/position.ts'
import { Failure } from '../failure.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { openLog } from '../platform/open-log.ts'
import { reachServers } from '../platform/reach-servers.ts'
import { ProgressBar } from '../tour/progress-bar.ts'

export interface AsOfOptions {
  readonly asOf: string
  readonly sql?: string
  readonly keep?: string
  readonly hours: number
  readonly json?: true | undefined
}

const HOUR_MS = 3_600_000

/** Builds the projection as it was, shows what is asked of it, and drops it again, or keeps it under a name for a while. */
export async function rebuildAsOf(projector: Projector, options: AsOfOptions, signal: AbortSignal): Promise<void> {
  const { asOf, sql, keep, hours, json } = options
  if (projector.stream !== undefined) throw new Failure(`${projector.name} is about another stream than --as-of`)
  const { natsUrl, databaseUrl } = await reachServers()
  const connection = await connectNats(natsUrl, 'pharos rebuild')
  const bar = new ProgressBar(`${projector.name} as of ${asOf}`, process.stderr)
  await using session = await openSession(
    { connectionString: databaseUrl },
    { applicationName: 'pharos rebuild as of', statementTimeout: 10 * 60_000 },
  )
  const { client } = session
  const name = keep ?? Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('')
  try {
    const log = await openLogHistory(
      projector.sealed === true ? await JetStreamEventStore.open(connection) : await openLog(connection),
      connection,
    )
    const now = new Date()
    await sweepScratches(client, now)
    const found = await findMoment(log, parseAsOf(asOf), { now: now.getTime(), signal })
    if (found.status === 'rejected') throw new Failure(`--as-of: ${found.message}`)
    const { moment } = found
    const { schema, rows } = await buildScratch(projector, {
      database: { connectionString: databaseUrl },
      log,
      signal,
      moment,
      name,
      expiresAt: new Date(now.getTime() + hours * HOUR_MS),
      onPosition: (position) => bar.show(position, moment.position.sequence),
    })
    bar.end()
    const output = createOutput(json === true)
    const position = formatPosition(moment.position)
    if (sql === undefined) {
      const tables = Object.entries(rows).map(([table, count]) => `  ${table}: ${count} rows`)
      const kept = keep === undefined ? [] : [`kept for ${hours} h in schema ${schema}: set search_path = ${schema}`]
      output.result({ projector: projector.name, position, schema: keep === undefined ? null : schema, rows }, () =>
        [`${projector.name} as of ${position}`, ...tables, ...kept].join('\n'),
      )
    } else
      await queryScratch(client, { schema, sql }, async (row) =>
        output.result(row, () => Object.values(row).map(cell).join('\t')),
      )
  } finally {
    bar.end()
    if (keep === undefined) await dropScratch(client, name)
    await connection.close()
  }
}

export function asOfArgument(text: string): string {
  const read = asOfText.safeParse(text)
  if (!read.success) throw new InvalidArgumentError(read.error.issues[0]?.message ?? 'is no moment')
  return text
}

export function nameArgument(text: string): string {
  try {
    scratchSchemas(text)
    return text
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : 'is no name')
  }
}

export function hoursArgument(text: string): number {
  const hours = Number(text)
  if (!(hours > 0 && hours <= 8760)) throw new InvalidArgumentError('must be a number of hours above 0, at most 8760')
  return hours
}

function cell(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
