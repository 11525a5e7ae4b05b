import { errors, type NatsConnection } from '@nats-io/transport-node'
import { setTimeout } from 'node:timers/promises'
import { EventStoreUnavailable, type AppendResult, type Guard, type Seal } from '../../commands/event-store.ts'
import type { Append, CommitOutcome } from '../../commands/group-commit.ts'
import type { ConnectionWatch } from './connection-watch.ts'
import { type AtomicWrite, publishAtomically } from './atomic-batch.ts'
import type { EncodedWrite } from './encoded-write.ts'
import { guardSubject } from '../../schemas/subjects.ts'
import { guardMarks } from './guard-marks.ts'
import type { LeaderReads } from './leader-reads.ts'
import { parsePublishAck, type PublishAck } from './publish-ack.ts'

/** An append on its way to the stream. */
export interface EncodedAppend extends Append {
  readonly writes: readonly EncodedWrite[]
  readonly guards?: readonly Guard[]
  readonly seals?: readonly Seal[]
  /** On the clock of `performance.now()`, ms: from then on it is not sent (again). */
  readonly deadline: number
}

/** Nobody knows whether the writes are stored. */
interface Unknown {
  readonly status: 'unknown'
  readonly reason: string
}

/** Why the log is asked what became of a try: it was refused for what is there, or not answered. */
type Doubt = 'contested' | 'unknown'

/**
 * Brings groups of appends into the stream, each group as one atomic batch, and finds out what became of them where
 * the server's word is not enough: a refusal can be a retry whose first try was stored, and after a timeout all is
 * possible. What is stored is told by its message id, so sending again until the deadline stores nothing twice.
 */
export class AppendCommitter {
  readonly #connection: NatsConnection
  readonly #watch: ConnectionWatch
  readonly #leader: LeaderReads
  readonly #timeoutMs: number

  /** @param timeoutMs for one try. */
  constructor(connection: NatsConnection, watch: ConnectionWatch, leader: LeaderReads, timeoutMs: number) {
    this.#connection = connection
    this.#watch = watch
    this.#leader = leader
    this.#timeoutMs = timeoutMs
  }

  /** @throws Error when the server can never take such an append. */
  async commit(appends: readonly EncodedAppend[]): Promise<CommitOutcome> {
    const guards = appends.flatMap((append) => append.guards ?? [])
    const seals = appends.flatMap((append) => append.seals ?? [])
    // The marks come first, so that what a command wrote stands together, and the log ends with an event.
    const messages = [...guardMarks(guards, seals), ...appends.flatMap((append) => append.writes)]
    const deadline = Math.max(...appends.map((append) => append.deadline))
    let reason = 'it waited too long to be sent'
    let doubt: Doubt | undefined
    for (let tries = 0; performance.now() < deadline; tries++) {
      if (tries > 0) await this.#pause(tries)
      // While the log does not say what became of it, to send it once more would only add to the load.
      if (doubt === undefined) {
        const ack = await this.#send(messages)
        switch (ack.status) {
          case 'stored':
            return { status: 'settled', results: stored(appends, ack.sequence) }
          case 'known':
            return { status: 'settled', results: [{ status: 'duplicate', revisions: [ack.sequence] }] }
          case 'impossible':
            if (appends.length > 1) return { status: 'refused' }
            throw new Error(`the event store can never take this append: ${ack.reason}`)
          case 'contested':
            if (appends.length > 1) return { status: 'refused' }
            doubt = ack.status
            break
          case 'unknown':
            doubt = ack.status
            break
          case 'busy':
            break
        }
        reason = ack.reason
      }
      if (doubt !== undefined) {
        const outcome = await this.#lookUp(appends, doubt)
        if (outcome === 'unread') reason = 'the event store is too slow to say whether it has stored this'
        else if (outcome === 'nothing') doubt = undefined
        else return outcome
      }
      if (!this.#watch.isUp) break
    }
    return { status: 'settled', results: appends.map(() => ({ status: 'unavailable', reason })) }
  }

  async #send(writes: readonly AtomicWrite[]): Promise<PublishAck | Unknown> {
    try {
      const message = await this.#watch.whileUp(() => publishAtomically(this.#connection, writes, this.#timeoutMs))
      const ack = parsePublishAck(message.json())
      if (ack.status !== 'stored' || ack.count === writes.length) return ack
      return { status: 'unknown', reason: `acknowledged ${ack.count} of ${writes.length} messages` }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (error instanceof errors.RequestError && error.isNoResponders()) return { status: 'busy', reason }
      return { status: 'unknown', reason }
    }
  }

  /** Up to 20, 40, 80 … 640 ms, at random: who was refused together shall not come back together. */
  async #pause(tries: number): Promise<void> {
    const ms = Math.random() * Math.min(640, 10 * 2 ** tries)
    // A lost connection ends the pause, and the next look at it says so.
    await this.#watch.whileUp(() => setTimeout(ms)).catch(() => undefined)
  }

  /** @returns `nothing` when nothing is stored and nothing is known to stand in the way: send again. */
  async #lookUp(appends: readonly EncodedAppend[], doubt: Doubt): Promise<CommitOutcome | 'nothing' | 'unread'> {
    try {
      const found = await Promise.all(appends.map((append) => this.#find(append, doubt)))
      const results = found.filter((result) => result !== undefined)
      if (results.length === 0) return 'nothing'
      return results.length === appends.length ? { status: 'settled', results } : { status: 'refused' }
    } catch (error) {
      if (error instanceof EventStoreUnavailable) return 'unread'
      throw error
    }
  }

  async #find(append: EncodedAppend, doubt: Doubt): Promise<AppendResult | undefined> {
    const { writes, guards = [], seals = [] } = append
    const together = await this.#storedTogether(writes)
    if (together !== undefined) return { status: 'duplicate', revisions: together }
    // What stands in the way of a try that was not answered is looked for when the next one is refused.
    if (doubt === 'unknown') return undefined
    const found = await Promise.all(writes.map((write) => this.#standing(write)))
    const revisions = found.map(({ storedAt }) => storedAt).filter((revision) => revision !== undefined)
    if (revisions.length === writes.length) return { status: 'duplicate', revisions }
    for (const [i, { subject, expectedRevision: expected }] of writes.entries()) {
      const actual = found[i]?.actual
      if (actual !== undefined && actual !== expected) return { status: 'conflict', subject, expected, actual }
    }
    for (const { subject, expectedRevision: expected } of guards) {
      const actual = (await this.#leader.last(subject))?.seq ?? 0
      if (actual !== expected) return { status: 'conflict', subject, expected, actual }
    }
    for (const { subject, lastGuard: expected } of seals) {
      const actual = (await this.#leader.last(guardSubject(subject)))?.seq ?? 0
      if (actual !== expected) return { status: 'conflict', subject, expected, actual }
    }
    return undefined
  }

  /**
   * The revisions of writes that one batch has stored. A batch is stored whole and in one piece, so its two ends speak for
   * a thousand writes: to ask for each is what a server that was too slow to acknowledge them can bear least.
   */
  async #storedTogether(writes: readonly EncodedWrite[]): Promise<readonly number[] | undefined> {
    const [first, last] = await Promise.all(
      [writes[0], writes.at(-1)].map(async (write) => {
        const next = write && (await this.#leader.next(write.subject, write.expectedRevision + 1))
        return next?.header.get('Nats-Msg-Id') === write?.messageId ? next?.seq : undefined
      }),
    )
    if (first === undefined || last === undefined || last - first !== writes.length - 1) return undefined
    return writes.map((_, i) => first + i)
  }

  /**
   * A write that is stored is the first of its subject after the revision it expected, whatever came later.
   * (Or the last one at all, if its sender learned that revision from it.)
   */
  async #standing(write: EncodedWrite): Promise<{ actual: number; storedAt: number | undefined }> {
    const [next, last] = await Promise.all([
      this.#leader.next(write.subject, write.expectedRevision + 1),
      this.#leader.last(write.subject),
    ])
    const ours = [next, last].find((message) => message?.header.get('Nats-Msg-Id') === write.messageId)
    return { actual: last?.seq ?? 0, storedAt: ours?.seq }
  }
}

function stored(appends: readonly EncodedAppend[], lastSequence: number): AppendResult[] {
  let next = lastSequence - appends.reduce((sum, append) => sum + append.writes.length, 0) + 1
  return appends.map((append) => ({ status: 'appended', revisions: append.writes.map(() => next++) }))
}
