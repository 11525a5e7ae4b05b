import { type Outbox, type OutboxCounts, type OutboxLimits, type OutgoingObservation, type Waiting } from '../outbox.ts'
import { StoreFull } from '../stream-store.ts'
import { streamUuid } from '../stream-uuid.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** How many of the oldest give way at a time when the disk itself is full. */
const GIVE_WAY = 100

/** Observations that wait for the link, in a SQLite file. */
export class SqliteOutbox implements Outbox {
  readonly #database: SqliteDatabase
  readonly #limits: OutboxLimits

  constructor(database: SqliteDatabase, limits: OutboxLimits) {
    this.#database = database
    this.#limits = limits
  }

  async put(observation: OutgoingObservation): Promise<boolean> {
    const uuid = streamUuid(observation.stream)
    const body = JSON.stringify(observation)
    const bytes = Buffer.byteLength(body)
    for (;;) {
      try {
        return this.#database.transaction(() => {
          const added = this.#database.run(
            'insert into outbox (uuid, observation_id, body, bytes) values (?, ?, ?, ?) on conflict do nothing',
            uuid,
            observation.id,
            body,
            bytes,
          )
          if (added === 0) return false
          this.#database.run('update outbox_counts set waiting = waiting + 1, bytes = bytes + ?', bytes)
          while (this.#isOverfull() && this.#drop(1) > 0);
          return true
        })
      } catch (error) {
        // The oldest give way to the newest, until there is room or nothing is left to give way.
        if (!(error instanceof StoreFull) || this.#database.transaction(() => this.#drop(GIVE_WAY)) === 0) throw error
      }
    }
  }

  async first(limit: number): Promise<readonly Waiting[]> {
    const rows = this.#database.all<{ place: number; body: string }>(
      'select place, body from outbox order by place limit ?',
      limit,
    )
    return rows.map(({ place, body }) => ({ place, observation: JSON.parse(body) as OutgoingObservation }))
  }

  async done(
    place: number,
    { forwarded, refused }: { readonly forwarded: number; readonly refused: number },
  ): Promise<void> {
    this.#database.transaction(() => {
      this.#remove('place <= ?', place)
      this.#database.run(
        'update outbox_counts set forwarded = forwarded + ?, refused = refused + ?',
        forwarded,
        refused,
      )
    })
  }

  async counts(): Promise<OutboxCounts> {
    const counts = this.#database.all<OutboxCounts>(
      'select waiting, bytes, forwarded, dropped, refused from outbox_counts',
    )[0]
    if (counts === undefined) throw new Error('the counts of the outbox are gone')
    return { ...counts }
  }

  #isOverfull(): boolean {
    const { waiting, bytes } = this.#database.all<OutboxCounts>('select waiting, bytes from outbox_counts')[0] ?? {
      waiting: 0,
      bytes: 0,
    }
    return waiting > this.#limits.rows || bytes > this.#limits.bytes
  }

  /** Drops the oldest, so many at most. Returns how many. */
  #drop(count: number): number {
    const dropped = this.#remove('place in (select place from outbox order by place limit ?)', count)
    this.#database.run('update outbox_counts set dropped = dropped + ?', dropped)
    return dropped
  }

  #remove(where: string, value: number): number {
    const gone = this.#database.all<{ bytes: number }>(`delete from outbox where ${where} returning bytes`, value)
    const bytes = gone.reduce((sum, row) => sum + row.bytes, 0)
    this.#database.run('update outbox_counts set waiting = waiting - ?, bytes = bytes - ?', gone.length, bytes)
    return gone.length
  }
}
