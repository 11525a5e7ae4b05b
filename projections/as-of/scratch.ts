import { escapeIdentifier, escapeLiteral, type ClientBase, type ClientConfig } from 'pg'
import { z } from 'zod'
import type { EventLog } from '../event-log.ts'
import { generationSchema, tableNames } from '../generation.ts'
import { inTransaction } from '../in-transaction.ts'
import type { Projector } from '../projector.ts'
import { loadGeneration } from '../load-generation.ts'
import { hashTables } from '../row-hash.ts'
import { openSession } from '../session.ts'
import type { Moment } from './moment.ts'

/** What a scratch schema says of itself, as its comment. */
const note = z.object({
  pharos: z.literal('scratch'),
  projector: z.string(),
  /** `<epoch>-<sequence>`, and the time that expiry is judged at. */
  asOf: z.string(),
  at: z.string(),
  expiresAt: z.string(),
})

/** A projection as it was, in schemas of its own. */
export interface Scratch {
  /** Its public views, under the names that they have in schema `pharos`: what queries should have as search path. */
  readonly schema: string
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>
}

export interface ScratchOptions {
  readonly database: ClientConfig
  readonly log: EventLog
  readonly signal: AbortSignal
  readonly moment: Moment
  /** Lower-case letters and `_`, at most 30. One that exists is made anew. */
  readonly name: string
  /** When {@link sweepScratches} may drop it. */
  readonly expiresAt: Date
  readonly onPosition?: (position: number) => void
}

const STATEMENT_TIMEOUT = 30 * 60_000
const GENERATION = 1

/** @throws RangeError when the name is none. */
export function scratchSchemas(name: string): { readonly tables: string; readonly views: string } {
  if (!/^[a-z][a-z_]{0,29}$/.test(name))
    throw new RangeError(`"${name}" is no name: a to z and _, at most 30, first a letter`)
  return { tables: generationSchema(`scratch_${name}`, GENERATION), views: `pharos_at_${name}` }
}

/**
 * Builds a projection as of a moment beside the live one, which it does not touch: the same code over the same events,
 * up to there. A view that asks `now()` is told the moment. What a build that was killed has left is swept like the rest.
 * @throws Halted when an event cannot be applied or is not known; what `signal` aborts with.
 */
export async function buildScratch(projector: Projector, options: ScratchOptions): Promise<Scratch> {
  const { log, signal, moment, name } = options
  const { tables, views } = scratchSchemas(name)
  const open = () =>
    openSession(options.database, {
      applicationName: `pharos scratch ${name}`,
      statementTimeout: STATEMENT_TIMEOUT,
      settings: { synchronous_commit: 'off', maintenance_work_mem: '256MB', work_mem: '256MB' },
    })
  await using session = await open()
  await using second = await open()
  const { client } = session
  await dropScratch(client, name)
  const copy: Projector = { ...projector, name: `scratch_${name}` }
  await inTransaction(client, async () => {
    await client.query(`create schema ${views}`)
    await client.query(`comment on schema ${views} is ${escapeLiteral(noteOf(projector, options))}`)
  })
  const from = { epoch: moment.position.epoch, sequence: 0 }
  const until = moment.position.sequence
  const onPosition = options.onPosition ?? (() => {})
  const complete = async (): Promise<void> => {
    for (const piece of projector.completion) await client.query(piece)
  }
  const beside = second.client
  await loadGeneration(client, copy, { log, signal, generation: GENERATION, from, until, onPosition, beside, complete })
  await client.query(`analyze ${(await tableNames(client, tables)).join(', ')}`)
  const now = `timestamptz ${escapeLiteral(new Date(moment.at).toISOString())}`
  for (const [view, query] of Object.entries(projector.views))
    await client.query(`create view ${views}.${escapeIdentifier(view)} as ${query.replaceAll('now()', now)}`)
  const counts = [...(await hashTables(client, tables))].map(([table, { rows }]) => [table, rows])
  return { schema: views, rows: Object.fromEntries(counts) }
}

export async function dropScratch(client: ClientBase, name: string): Promise<void> {
  const { tables, views } = scratchSchemas(name)
  await inTransaction(client, async () => {
    await client.query(`drop schema if exists ${views} cascade`)
    await client.query(`drop schema if exists ${tables} cascade`)
  })
}

/** Drops every scratch whose time is over at `now`. Returns their names. */
export async function sweepScratches(client: ClientBase, now: Date): Promise<readonly string[]> {
  return dropWhere(client, (told) => Date.parse(told.expiresAt) <= now.getTime())
}

/** Drops every scratch of these projectors, whoever keeps it. Returns their names. */
export async function dropScratchesOf(client: ClientBase, projectors: readonly string[]): Promise<readonly string[]> {
  return dropWhere(client, (told) => projectors.includes(told.projector))
}

async function dropWhere(
  client: ClientBase,
  holds: (told: z.infer<typeof note>) => boolean,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; note: string | null }>(
    String.raw`
      select substring(nspname from '^pharos_at_(.*)$') as name, obj_description(oid, 'pg_namespace') as note
      from pg_namespace
      where nspname ~ '^pharos_at_[a-z][a-z_]*$'`,
  )
  const names = rows
    .filter((row) => {
      const told = noteIn(row.note)
      return told !== undefined && holds(told)
    })
    .map(({ name }) => name)
  for (const name of names) await dropScratch(client, name)
  return names
}

function noteOf({ name }: Projector, { moment, expiresAt }: ScratchOptions): string {
  const { epoch, sequence } = moment.position
  return JSON.stringify({
    pharos: 'scratch',
    projector: name,
    asOf: `${epoch}-${sequence}`,
    at: new Date(moment.at).toISOString(),
    expiresAt: expiresAt.toISOString(),
  } satisfies z.infer<typeof note>)
}

/** A schema of such a name that says nothing of itself is somebody else's. */
function noteIn(text: string | null): z.infer<typeof note> | undefined {
  return text === null || !text.startsWith('{') ? undefined : note.safeParse(JSON.parse(text)).data
}
