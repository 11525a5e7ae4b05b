import { finished } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Position } from '../../schemas/position.ts'
import { readCheckpoint } from '../checkpoint.ts'
import { generationSchema, liveGeneration } from '../generation.ts'

/** The projector whose tables are what devices get a part of. */
export const FLEET = 'fleet'

/** The fleet as of exactly one position, whatever is written meanwhile. */
export interface FleetSnapshot {
  readonly client: ClientBase
  readonly at: Position
}

/**
 * Reads in one REPEATABLE READ transaction of the session, with bare names meaning the fleet's live tables. Answers
 * `undefined` while there are none.
 */
export async function withFleetSnapshot<T>(
  client: ClientBase,
  read: (snapshot: FleetSnapshot) => Promise<T>,
): Promise<T | undefined> {
  await client.query('begin isolation level repeatable read read only')
  try {
    const generation = await liveGeneration(client, FLEET)
    if (generation === undefined) return undefined
    await client.query(`set local search_path = ${generationSchema(FLEET, generation)}, pharos_device_manifest`)
    const { epoch, position } = await readCheckpoint(client)
    return epoch === null ? undefined : await read({ client, at: { epoch, sequence: position } })
  } finally {
    // Nothing was written. A session that broke has said so already, by what it threw before.
    await client.query('rollback').catch(() => undefined)
  }
}

/** One-column rows as Postgres sends them, each ended by a line feed. No row may hold a control character: JSON does not. */
export async function* copyLines({ client }: FleetSnapshot, query: string): AsyncGenerator<Buffer> {
  // CSV with marks that never occur, so that nothing is quoted: Postgres' text format would escape every backslash.
  const format = String.raw`(format csv, delimiter E'\x02', quote E'\x01', encoding 'UTF8')`
  const rows = client.query(copyTo(`copy (${query}) to stdout with ${format}`))
  try {
    for await (const piece of rows.iterator({ destroyOnReturn: false })) yield piece
  } finally {
    // Whoever stops early leaves the session in the middle of it: nothing else can be asked before the end has come.
    if (!rows.readableEnded && rows.errored === null) {
      rows.resume()
      await finished(rows)
    }
    endQueryTimeout(rows)
  }
}

/** The client ends its timeout of a query by calling it back, and a COPY to stdout does not know of that: it would fail long after its end. */
function endQueryTimeout(query: object): void {
  if ('callback' in query && typeof query.callback === 'function') query.callback()
}
