import { DatabaseError } from 'pg'
import type { Position } from '../../schemas/position.ts'
import { moveCheckpoint } from '../checkpoint.ts'
import { inTransaction } from '../in-transaction.ts'
import { isOutage } from '../is-outage.ts'
import type { ProjectorTiming } from '../projector-timing.ts'
import type { Session } from '../session.ts'
import { MessageBuffer } from './message-buffer.ts'
import { monthOf, type Partitions } from './partitions.ts'
import { type ReadMessages, readMessages } from './read-messages.ts'
import { type Lost, recordLost, recordRefused } from './sink-records.ts'
import type { SinkOptions } from './sink-options.ts'
import { findUnstorable, storeObservations } from './store-observations.ts'
import type { TelemetryMessage } from './telemetry-log.ts'

const LIMIT = { messages: 20_000, bytes: 8 * 1024 * 1024 }
/** So many looks in a row at a stream whose messages do not come: the reader is deaf, begin a new one. */
const DEAF_AFTER = 50
/** How often what is too old is looked for, in milliseconds. */
const DROP_MS = 600_000

/** Follows the stream on the session that owns the tables. One instance is one tenure. */
export class TelemetryFollower {
  readonly #session: Session
  readonly #options: SinkOptions
  readonly #timing: ProjectorTiming
  readonly #partitions: Partitions
  readonly #onMove: (to: Position, isAtEnd: boolean) => void
  #at: Position
  #heartbeatAt = 0
  #droppedAt = -Infinity
  #missed = 0

  constructor(parts: {
    readonly session: Session
    readonly options: SinkOptions
    readonly timing: ProjectorTiming
    readonly partitions: Partitions
    readonly from: Position
    readonly onMove: (to: Position, isAtEnd: boolean) => void
  }) {
    this.#session = parts.session
    this.#options = parts.options
    this.#timing = parts.timing
    this.#partitions = parts.partitions
    this.#at = parts.from
    this.#onMove = parts.onMove
  }

  /** Resolves when `signal` aborts. @throws LostOwnership, or what an outage throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, limit = LIMIT } = this.#options
    const fromSequence = this.#at.sequence + 1
    const buffer = new MessageBuffer((stop) => log.readAll({ fromSequence, signal: stop }), limit, signal)
    try {
      while (!signal.aborted) {
        const messages = await buffer.take(this.#timing.idle)
        if (messages.length > 0) await this.#advance(messages)
        else await this.#settle()
        await this.#dropOld()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await buffer.close()
    }
  }

  async #advance(messages: readonly TelemetryMessage[]): Promise<void> {
    const { directory, maxAheadMs } = this.#options
    const read = await readMessages(messages, { directory, maxAheadMs, earliestMs: this.#earliest() })
    await this.#commit(read, this.#gaps(messages), messages.at(-1))
  }

  /** What is missing between the messages: nothing filters them, so a sequence that does not come was discarded. */
  #gaps(messages: readonly TelemetryMessage[]): Lost[] {
    let expected = this.#at.sequence + 1
    return messages.flatMap(({ sequence }) => {
      const gap = sequence > expected ? [{ from: expected, to: sequence - 1 }] : []
      expected = sequence + 1
      return gap
    })
  }

  async #commit(
    read: ReadMessages,
    lost: readonly Lost[],
    last: Pick<TelemetryMessage, 'sequence' | 'takenAtMs'> | undefined,
  ) {
    if (last === undefined) return
    const { client } = this.#session
    const started = performance.now()
    const asOf = new Date(last.takenAtMs).toISOString()
    const { rows, refused } = read
    try {
      await this.#partitions.ensure(new Set(rows.map(({ atMs }) => monthOf(atMs))))
      const stored = await inTransaction(client, async () => {
        await moveCheckpoint(client, this.#at, last.sequence, asOf)
        await recordRefused(client, refused)
        await recordLost(client, this.#at, lost)
        return storeObservations(client, rows)
      })
      this.#options.onBatch?.({
        stored,
        duplicates: rows.length - stored,
        refused,
        lost: lost.reduce((sum, { from, to }) => sum + to - from + 1, 0),
        seconds: (performance.now() - started) / 1000,
      })
      this.#moved(last.sequence, false)
    } catch (error) {
      if (!(error instanceof DatabaseError) || isOutage(error)) throw error
      const bad = await findUnstorable(client, rows)
      if (bad.size === 0) throw error
      const faults = [...bad].map(([{ device, channelId }, message]) => {
        return { device, code: 'not_storable', channel: channelId, field: 'value', message, count: 1 }
      })
      const good = { rows: rows.filter((row) => !bad.has(row)), refused: [...refused, ...perReason(faults)] }
      await this.#commit(good, lost, last)
    }
  }

  /**
   * Nothing came for a while. If the stream ends where we are, it is live. If it begins later than we are, all between
   * was discarded. Anything else should have come.
   */
  async #settle(): Promise<void> {
    const { client } = this.#session
    const asked = Date.now()
    const head = await this.#options.log.head()
    if (head.epoch !== this.#at.epoch || head.sequence < this.#at.sequence)
      throw new Error('the stream was made anew: it is read from its beginning')
    if (head.sequence === this.#at.sequence) {
      const beat = performance.now() - this.#heartbeatAt > this.#timing.heartbeat
      if (beat)
        await inTransaction(client, () =>
          moveCheckpoint(client, this.#at, head.sequence, new Date(asked).toISOString()),
        )
      return this.#moved(head.sequence, true, beat)
    }
    if (head.first > this.#at.sequence + 1) {
      const last = { sequence: head.first - 1, takenAtMs: asked }
      return this.#commit({ rows: [], refused: [] }, [{ from: this.#at.sequence + 1, to: last.sequence }], last)
    }
    if (++this.#missed > DEAF_AFTER) throw new Error('the stream has messages that its reader does not give')
  }

  async #dropOld(): Promise<void> {
    if (performance.now() - this.#droppedAt < DROP_MS || this.#earliest() === -Infinity) return
    this.#droppedAt = performance.now()
    try {
      const dropped = await this.#partitions.dropBefore(this.#earliest())
      if (dropped.length > 0) this.#options.onDropped?.(dropped)
    } catch (error) {
      // A reader holds one: the next look will have it. If the session is gone, the next batch says so.
      if (!isOutage(error)) throw error
    }
  }

  #earliest(): number {
    const { keepMs, now } = this.#options
    return keepMs === undefined ? -Infinity : now() - keepMs
  }

  #moved(to: number, isAtEnd: boolean, wrote = true): void {
    this.#at = { epoch: this.#at.epoch, sequence: to }
    this.#missed = 0
    if (wrote) this.#heartbeatAt = performance.now()
    this.#onMove(this.#at, isAtEnd)
  }
}

/** One entry for each device and reason. */
function perReason(refused: ReadMessages['refused']): ReadMessages['refused'] {
  const merged = new Map<string, ReadMessages['refused'][number]>()
  for (const one of refused) {
    const key = `${one.device} ${one.code}`
    merged.set(key, { ...one, count: one.count + (merged.get(key)?.count ?? 0) })
  }
  return [...merged.values()]
}
