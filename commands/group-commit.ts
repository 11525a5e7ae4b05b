import { MAX_WRITES, type AppendResult } from './event-store.ts'

/** What group commit must know of an append. */
export interface Append {
  /** One per write. */
  readonly subjects: readonly string[]
  /** Aggregates that it guards, which it does not write. */
  readonly guarded?: readonly string[]
  /** Writes, guards and seals; left out: the writes. */
  readonly messages?: number
  /** Encoded size of all writes. */
  readonly bytes: number
}

export type CommitOutcome =
  /** `results[i]` is the outcome of `appends[i]`. */
  | { readonly status: 'settled'; readonly results: readonly AppendResult[] }
  /** Nothing is stored, for some append of the group is at fault. Never said of an append alone. */
  | { readonly status: 'refused' }

export interface GroupCommitLimits {
  /** Groups of several appends under way at a time. */
  readonly inFlight: number
  /** Appends under way each alone at a time; while some are, no group is begun, and the other way round. */
  readonly alone: number
  /** Appends that may wait; one more is answered `unavailable`, so that a flood costs no memory. */
  readonly waiting: number
  /** Encoded bytes of one group; a single append may be larger. */
  readonly groupBytes: number
}

interface Entry<A extends Append> {
  readonly append: A
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: unknown) => void
}

/** Of the appends under way in groups: so many must wait before another group goes beside them. */
const NEARLY = 0.75
/** A refused group of at most so many goes one by one: that is 6 ms, where halves of halves would be ten batches. */
const ONE_BY_ONE = 32

/**
 * A single-node server stages every batch in files of its own: about 2.3 ms for a batch and 12 µs for each message in it,
 * against 0.2 ms for a message alone, one after the other however many are sent (all synced to disk). So up to a dozen
 * go alone. More than one group in flight gains nothing at the server, but hides the time between two of them; so small ones
 * beside a large one only cost: a group goes beside others when it is nearly as large as they are together.
 */
const DEFAULTS: GroupCommitLimits = { inFlight: 3, alone: 12, waiting: 10_000, groupBytes: 4 * 1024 * 1024 }

/**
 * Sends appends that wait at the same moment as one group, at the price of one.
 *
 * - An append settles as it would alone: a refused group is split until the one at fault stands alone.
 * - A group has at most {@link MAX_WRITES} messages. An append is never split: its writes stay together.
 * - While an append is under way no other append to one of its aggregates is, neither in its group nor beside it, nor one
 *   that guards it. Appends that guard the same aggregate may share a group, and are not under way beside each other:
 *   a server with replicas refuses a second expectation on a subject while the first is on its way.
 * - Appends to one aggregate go in the order in which they came; others may overtake.
 * - A few go each alone, at once; more go as a group, as do all that guard: with its mark each would be a batch anyway. While
 *   no group is under way nothing waits; beside others goes one that is nearly as large.
 * - Whatever `commit` throws rejects the appends of that group, and no others.
 */
export class GroupCommit<A extends Append> {
  readonly #commit: (appends: readonly A[]) => Promise<CommitOutcome>
  readonly #limits: GroupCommitLimits
  readonly #busy = new Set<string>()
  #waiting: Entry<A>[] = []
  readonly #groups = { underWay: 0, appends: 0 }
  readonly #alone = { underWay: 0, appends: 0 }
  #scheduled = false

  constructor(commit: (appends: readonly A[]) => Promise<CommitOutcome>, limits: Partial<GroupCommitLimits> = {}) {
    this.#commit = commit
    this.#limits = { ...DEFAULTS, ...limits }
  }

  append(append: A): Promise<AppendResult> {
    if (this.#waiting.length >= this.#limits.waiting) {
      return Promise.resolve({ status: 'unavailable', reason: `${this.#waiting.length} appends wait already` })
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject })
      this.#schedule()
    })
  }

  /** Once per turn of the event loop: whoever came in the same turn goes in the same group. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  #send(): void {
    const isFew = this.#waiting.length <= this.#limits.alone && this.#waiting.every(isUnguarded)
    if (this.#groups.underWay === 0 && isFew) this.#sendAlone()
    else if (this.#alone.underWay === 0) this.#sendGroups()
  }

  #sendAlone(): void {
    for (const entry of this.#take(this.#limits.alone - this.#alone.underWay)) void this.#run([entry], this.#alone)
  }

  #sendGroups(): void {
    while (this.#groups.underWay < this.#limits.inFlight && this.#waiting.length > NEARLY * this.#groups.appends) {
      const group = this.#take(MAX_WRITES)
      if (group.length === 0) return
      void this.#run(group, this.#groups)
    }
  }

  /**
   * At most `most` of the longest-waiting appends, such that they may go together now: their aggregates are busy from here
   * on. Who must stay bars the way for all later ones to its aggregates.
   */
  #take(most: number): readonly Entry<A>[] {
    const barred = new Set<string>()
    const guarded = new Set<string>()
    const group: Entry<A>[] = []
    const staying: Entry<A>[] = []
    let looked = 0
    let messages = 0
    let bytes = 0
    for (const entry of this.#waiting) {
      if (messages === MAX_WRITES || group.length === most) break
      looked++
      const { subjects, guarded: guards = [], messages: count = subjects.length, bytes: size } = entry.append
      const fits = group.length === 0 || (messages + count <= MAX_WRITES && bytes + size <= this.#limits.groupBytes)
      const isFree =
        !subjects.some((subject) => this.#busy.has(subject) || barred.has(subject) || guarded.has(subject)) &&
        !guards.some((subject) => this.#busy.has(subject) || barred.has(subject))
      if (fits && isFree) {
        group.push(entry)
        messages += count
        bytes += size
        for (const subject of subjects) this.#busy.add(subject)
        for (const subject of guards) guarded.add(subject)
      } else {
        staying.push(entry)
        for (const subject of subjects) barred.add(subject)
        for (const subject of guards) barred.add(subject)
      }
    }
    // Only now: those of one group may guard the same.
    for (const subject of guarded) this.#busy.add(subject)
    this.#waiting = staying.concat(this.#waiting.slice(looked))
    return group
  }

  async #run(group: readonly Entry<A>[], lane: { underWay: number; appends: number }): Promise<void> {
    lane.underWay++
    lane.appends += group.length
    await this.#settle(group)
    lane.underWay--
    lane.appends -= group.length
    for (const { append } of group) {
      for (const subject of append.subjects) this.#busy.delete(subject)
      for (const subject of append.guarded ?? []) this.#busy.delete(subject)
    }
    // The server may have nothing to do now: who waits for a group goes at once, before whatever else has arrived is read.
    if (lane === this.#groups) this.#send()
    else this.#schedule()
  }

  async #settle(group: readonly Entry<A>[]): Promise<void> {
    try {
      const outcome = await this.#commit(group.map((entry) => entry.append))
      if (outcome.status === 'settled') {
        for (const [i, entry] of group.entries()) settleOne(entry, outcome.results[i])
        return
      }
      if (group.length === 1) throw new Error('an append alone can be settled, but not refused')
    } catch (error) {
      for (const entry of group) entry.reject(error)
      return
    }
    const part = group.length > ONE_BY_ONE ? Math.ceil(group.length / 2) : 1
    const parts = Array.from({ length: Math.ceil(group.length / part) }, (_, i) =>
      group.slice(i * part, (i + 1) * part),
    )
    if (group.every(isUnguarded)) await Promise.all(parts.map((some) => this.#settle(some)))
    else for (const some of parts) await this.#settle(some)
  }
}

function isUnguarded({ append }: Entry<Append>): boolean {
  return (append.guarded ?? []).length === 0
}

function settleOne<A extends Append>(entry: Entry<A>, result: AppendResult | undefined): void {
  if (result === undefined) entry.reject(new Error('a settled group without a result for each append'))
  else entry.resolve(result)
}
