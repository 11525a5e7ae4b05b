import { Client, type Pool } from 'pg'
import { migrate } from '../../infra/postgres/migrate.ts'
import { adoptEpoch, readCheckpoint } from '../../projections/checkpoint.ts'
import type { EventLog } from '../../projections/event-log.ts'
import { installProjector } from '../../projections/install.ts'
import { projectBatch } from '../../projections/project-batch.ts'
import type { ParkedMirror } from '../../projections/parked-mirror.ts'
import type { Projector } from '../../projections/projector.ts'
import type { ProjectorReport } from '../../projections/projector-report.ts'
import type { ProjectorTiming } from '../../projections/projector-timing.ts'
import type { Publication } from '../../projections/publication.ts'
import { hashTables } from '../../projections/row-hash.ts'
import { runProjector } from '../../projections/run-projector.ts'
import { generationSchema, liveGeneration } from '../../projections/generation.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { afterTests, eventually, testDatabase } from '../support/infrastructure.ts'
import { EPOCH } from './alias-events.ts'

/** Longest wait for a state: far more than it takes, for a machine that has other things to do. */
const WAIT_MS = 60_000

/** Quick, for tests that wait for them. */
const TIMING: Partial<ProjectorTiming> = { idle: 20, standby: 30, attend: 20, retry: 20, retryMost: 100 }

export interface Runner {
  readonly reports: readonly ProjectorReport[]
  /** Resolves when it has stopped; with what it threw. */
  readonly stopped: Promise<unknown>
  stop(): Promise<unknown>
  untilState(state: ProjectorReport['state']): Promise<ProjectorReport>
}

/** A migrated database with what projections need to be tried on it. */
export class ProjectionWorld {
  readonly pool: Pool
  readonly database: { readonly connectionString: string }

  constructor(pool: Pool, url: string) {
    this.pool = pool
    this.database = { connectionString: url }
  }

  static async create(t: { readonly title: string }): Promise<ProjectionWorld> {
    const { pool, url } = await testDatabase(t)
    const world = new ProjectionWorld(pool, url)
    await migrate(world.database)
    return world
  }

  /** A session of one's own, with the projector installed and its tables bare names. */
  async session(projector: Projector = aliases): Promise<Client> {
    const client = new Client(this.database)
    client.on('error', () => undefined)
    await client.connect()
    afterTests(() => client.end())
    await client.query(`set timezone = 'UTC'`)
    await installProjector(client, projector)
    await adoptEpoch(client, EPOCH)
    return client
  }

  run(
    log: EventLog,
    options: {
      readonly projector?: Projector
      readonly timing?: Partial<ProjectorTiming>
      readonly parkedMirror?: ParkedMirror
      readonly publication?: Publication
    } = {},
  ): Runner {
    const reports: ProjectorReport[] = []
    const controller = new AbortController()
    const timing = { ...TIMING, ...options.timing }
    const onReport = (report: ProjectorReport): void => void reports.push(report)
    const { projector: _, ...rest } = options
    const settings = { ...rest, database: this.database, log, owner: 'test', timing, onReport }
    const stopped = runProjector(options.projector ?? aliases, settings, controller.signal).catch(
      (error: unknown) => error,
    )
    const stop = async (): Promise<unknown> => {
      controller.abort()
      return stopped
    }
    afterTests(stop)
    const untilState = (state: ProjectorReport['state']): Promise<ProjectorReport> =>
      eventually(() => (reports.at(-1)?.state === state ? reports.at(-1) : undefined), {
        what: `state ${state}`,
        timeoutMs: WAIT_MS,
      })
    return { reports, stopped, stop, untilState }
  }

  async position(projector = 'aliases'): Promise<number> {
    const { rows } = await this.pool.query<{ position: string }>(
      'select position from pharos.projection_checkpoints where projector = $1',
      [projector],
    )
    return Number(rows[0]?.position ?? -1)
  }

  async untilPosition(position: number, projector = 'aliases'): Promise<void> {
    await eventually(async () => (await this.position(projector)) === position, {
      what: `position ${position}`,
      timeoutMs: WAIT_MS,
    })
  }

  async hashes(projector: Projector = aliases): Promise<object> {
    const client = await this.pool.connect()
    try {
      await client.query(`set timezone = 'UTC'`)
      const generation = await liveGeneration(client, projector.name)
      return Object.fromEntries(await hashTables(client, generationSchema(projector.name, generation ?? 0)))
    } finally {
      client.release()
    }
  }
}

/** Applies events from where the session's checkpoint stands, as one batch. */
export async function applyBatch(
  client: Client,
  events: readonly RecordedEvent[],
  projector: Projector = aliases,
): Promise<void> {
  const last = events.at(-1)
  if (last === undefined) return
  const { position } = await readCheckpoint(client)
  await projectBatch(client, projector, {
    events,
    from: { epoch: EPOCH, sequence: position },
    to: last.sequence,
    asOf: last.envelope.time,
  })
}

/** Empties the tables and begins anew. */
export async function resetTables(client: Client): Promise<void> {
  await client.query('truncate aliases, channel_aliases, alias_history, parked')
  await client.query('update checkpoint set position = 0')
}
