import type { Outbox, OutboxCounts, OutboxLimits, OutgoingObservation, Waiting } from '../outbox.ts'
import { StoreFull } from '../stream-store.ts'
import { streamUuid } from '../stream-uuid.ts'
import type { Ask, PostgresDatabase } from './postgres-database.ts'

/** How many of the oldest give way at a time when the disk itself is full. */
const GIVE_WAY = 100

/** Observations that wait for the link, in the device's Postgres. */
export class PostgresOutbox implements Outbox {
  readonly #database: PostgresDatabase
  readonly #limits: OutboxLimits

  constructor(database: PostgresDatabase, limits: OutboxLimits) {
    this.#database = database
    this.#limits = limits
  }

  async put(observation: OutgoingObservation): Promise<boolean> {
    const uuid = streamUuid(observation.stream)
    const body = JSON.stringify(observation)
    for (;;) {
      try {
        return await this.#database.transaction((ask) => this.#add(ask, uuid, observation.id, body))
      } catch (error) {
        // The oldest give way to the newest, until there is room or nothing is left to give way.
        if (!(error instanceof StoreFull) || (await this.#database.transaction((ask) => drop(ask, GIVE_WAY))) === 0)
          throw error
      }
    }
  }

  async first(limit: number): Promise<readonly Waiting[]> {
    const rows = await this.#database.ask<{ place: string; body: string }>(
      'select place, body from outbox order by place limit $1',
      limit,
    )
    return rows.map(({ place, body }) => ({
      place: Number(place),
      observation: JSON.parse(body) as OutgoingObservation,
    }))
  }

  async done(
    place: number,
    { forwarded, refused }: { readonly forwarded: number; readonly refused: number },
  ): Promise<void> {
    await this.#database.transaction(async (ask) => {
      await remove(ask, 'place <= $1', place)
      await ask('update outbox_counts set forwarded = forwarded + $1, refused = refused + $2', forwarded, refused)
    })
  }

  async counts(): Promise<OutboxCounts> {
    return counted((sql, ...values) => this.#database.ask(sql, ...values))
  }

  async #add(ask: Ask, uuid: string, id: string, body: string): Promise<boolean> {
    // Its lock has all who put take turns, so that places are taken in order of commits.
    await ask('select one from outbox_counts for update')
    const bytes = Buffer.byteLength(body)
    const [added] = await ask(
      'insert into outbox (uuid, observation_id, body, bytes) values ($1, $2, $3, $4) on conflict do nothing returning place',
      uuid,
      id,
      body,
      bytes,
    )
    if (added === undefined) return false
    await ask('update outbox_counts set waiting = waiting + 1, bytes = bytes + $1', bytes)
    while (await this.#isOverfull(ask)) if ((await drop(ask, 1)) === 0) break
    return true
  }

  async #isOverfull(ask: Ask): Promise<boolean> {
    const { waiting, bytes } = await counted(ask)
    return waiting > this.#limits.rows || bytes > this.#limits.bytes
  }
}

async function counted(ask: Ask): Promise<OutboxCounts> {
  const [row] = await ask<Record<keyof OutboxCounts, string>>(
    'select waiting, bytes, forwarded, dropped, refused from outbox_counts',
  )
  if (row === undefined) throw new Error('the counts of the outbox are gone')
  const { waiting, bytes, forwarded, dropped, refused } = row
  return {
    waiting: Number(waiting),
    bytes: Number(bytes),
    forwarded: Number(forwarded),
    dropped: Number(dropped),
    refused: Number(refused),
  }
}

/** Drops the oldest, so many at most. Returns how many. */
async function drop(ask: Ask, count: number): Promise<number> {
  const dropped = await remove(ask, 'place in (select place from outbox order by place limit $1)', count)
  await ask('update outbox_counts set dropped = dropped + $1', dropped)
  return dropped
}

async function remove(ask: Ask, where: string, value: number): Promise<number> {
  const gone = await ask<{ bytes: number }>(`delete from outbox where ${where} returning bytes`, value)
  const bytes = gone.reduce((sum, row) => sum + row.bytes, 0)
  await ask('update outbox_counts set waiting = waiting - $1, bytes = bytes - $2', gone.length, bytes)
  return gone.length
}
