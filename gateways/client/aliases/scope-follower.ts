import { Backoff } from '../../../projections/backoff.ts'
import { type AliasIndexPointer, type IndexScope, indexScopeKey } from '../../../schemas/alias-index.ts'
import type { NatsLink } from '../nats-link.ts'
import type { AliasChange } from './alias-change.ts'
import { AliasShard } from './alias-shard.ts'
import { IndexDirectory } from './index-directory.ts'
import { IndexFault } from './index-fault.ts'
import { IndexKeeper } from './index-keeper.ts'
import { IndexReader } from './index-reader.ts'
import { parsePointer } from './parse-pointer.ts'
import { planUpdate } from './plan-update.ts'
import { Slices } from './slices.ts'
import { type Commit, prepareAnew, prepareDeltas } from './update-shard.ts'
import { VerifiedObjects } from './verified-objects.ts'

export interface ScopeFollowerOptions {
  readonly link: NatsLink
  readonly directory: string | undefined
  readonly now: () => number
  readonly wantsChanges: () => boolean
  /** A version was taken in, whole; or it is known now that there is none. */
  readonly onVersion: (follower: ScopeFollower, changes: readonly AliasChange[], tookMs: number) => void
  /** Just before a version is taken in. */
  readonly beforeVersion: () => void
  readonly onFault: (fault: IndexFault) => void
  /** The pointer in hand leads nowhere: there should be a newer one. */
  readonly readPointers: () => void
}

/**
 * Keeps one scope in memory at its newest version.
 *
 * It has content from the first version that it took in, from disk or from NATS, or once it is known that the scope was
 * never published. A new pointer is taken in as a whole or not at all: on any fault the last good version goes on
 * answering, and the newest pointer is tried again, with ever longer pauses, until it or a newer one is there.
 * Within an epoch it never goes back; another epoch starts anew.
 */
export class ScopeFollower {
  readonly key: string
  readonly shard: AliasShard
  readonly #options: ScopeFollowerOptions
  readonly #objects: VerifiedObjects
  readonly #reader: IndexReader
  readonly #directory: IndexDirectory | undefined
  readonly #keeper: IndexKeeper | undefined
  readonly #closing = new AbortController()
  readonly #working: Promise<void>
  #wake = Promise.withResolvers<void>()
  #known: AliasIndexPointer | undefined
  #wanted: { readonly pointer: AliasIndexPointer; readonly at: number } | undefined
  #confirmedAt: number | undefined
  #fault: IndexFault | undefined
  #hasContent = false

  constructor(scope: IndexScope, options: ScopeFollowerOptions) {
    this.key = indexScopeKey(scope)
    this.shard = new AliasShard(scope)
    this.#options = options
    const { directory, link } = options
    const tell = (fault: IndexFault): void => this.#tell(fault)
    this.#directory = directory === undefined ? undefined : new IndexDirectory(directory, this.key)
    this.#objects = new VerifiedObjects(this.key, link, this.#directory, tell)
    this.#reader = new IndexReader(this.key, this.#objects.read)
    if (this.#directory !== undefined)
      this.#keeper = new IndexKeeper(this.key, this.#directory, this.#objects, options.onFault)
    this.#working = this.#work()
  }

  get hasContent(): boolean {
    return this.#hasContent
  }

  /** The version in memory; undefined when there is none. */
  get pointer(): AliasIndexPointer | undefined {
    return this.#known
  }

  /** When the version in memory was last known to be the newest, in epoch milliseconds. */
  get confirmedAt(): number | undefined {
    return this.#confirmedAt
  }

  /** What keeps the newest version away; undefined as soon as it is there. */
  get fault(): IndexFault | undefined {
    return this.#fault
  }

  /** Whether what was told so far is taken in. */
  get isSettled(): boolean {
    return this.#hasContent && this.#wanted === undefined
  }

  /** The pointer's text, or that there is none, as of a moment. */
  offer(text: string | undefined, source: 'watch' | 'read', at: number): void {
    if (text === undefined) {
      if (this.#known !== undefined) this.#tell(new IndexFault('pointer_gone', this.key, `${this.key} has no pointer`))
      else if (this.#wanted === undefined) this.#confirm(at)
      return
    }
    try {
      this.#consider(parsePointer(text, this.key), source, at)
    } catch (error) {
      this.#tell(IndexFault.of(error, this.key, 'pointer_invalid'))
    }
  }

  /** Ends all work; what is in memory goes on answering. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('closed'))
    this.#wake.resolve()
    await this.#working
    await this.#keeper?.close()
  }

  #consider(pointer: AliasIndexPointer, source: 'watch' | 'read', at: number): void {
    const plan = planUpdate(this.#known, pointer)
    switch (plan.step) {
      case 'none':
        return this.#confirm(at)
      case 'invalid':
        throw new IndexFault('pointer_invalid', this.key, `the pointer of ${this.key} is of no use: ${plan.why}`)
      case 'ignore':
        if (source === 'watch')
          this.#tell(new IndexFault('pointer_went_back', this.key, wentBack(this.#known, pointer)))
        return
      case 'deltas':
      case 'anew': {
        // The same version can be told with other objects, when those before were merged: they replace them.
        const other = this.#wanted?.pointer
        if (other !== undefined && isNewer(other, pointer)) return
        this.#wanted = { pointer, at }
        if (other === undefined || isNewer(pointer, other)) this.#wake.resolve()
      }
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#closing
    await this.#startFromDisk()
    const backoff = new Backoff(50, 10_000)
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers()
      const wanted = this.#wanted
      if (wanted === undefined) {
        backoff.reset()
        await this.#wake.promise
        continue
      }
      try {
        await this.#take(wanted.pointer, wanted.at)
      } catch (error) {
        if (signal.aborted) return
        this.#tell(IndexFault.of(error, this.key, 'object_corrupt'))
        this.#options.readPointers()
        await Promise.race([backoff.wait(signal), this.#wake.promise])
      }
    }
  }

  async #startFromDisk(): Promise<void> {
    try {
      const kept = await this.#directory?.pointer()
      if (kept === undefined) return
      await this.#take(kept.pointer, kept.confirmedAt)
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#tell(IndexFault.of(error, this.key, 'directory'))
    }
  }

  async #take(pointer: AliasIndexPointer, at: number): Promise<void> {
    const started = performance.now()
    const commit = await this.#prepare(pointer)
    this.#closing.signal.throwIfAborted()
    if (commit !== undefined) {
      this.#options.beforeVersion()
      const changes = commit()
      this.#known = pointer
      this.#settle(pointer)
      this.#confirm(at)
      this.#keeper?.keep({ pointer, confirmedAt: at })
      this.#options.onVersion(this, changes, performance.now() - started)
    } else this.#settle(pointer)
  }

  /** Nothing more is to be done about a pointer, nor about those before it. */
  #settle(pointer: AliasIndexPointer): void {
    if (this.#wanted !== undefined && !isNewer(this.#wanted.pointer, pointer)) this.#wanted = undefined
  }

  #confirm(at: number): void {
    this.#confirmedAt = Math.max(at, this.#confirmedAt ?? 0)
    if (this.#wanted === undefined) this.#fault = undefined
    if (this.#hasContent) return
    this.#hasContent = true
    if (this.#known === undefined) this.#options.onVersion(this, [], 0)
  }

  #tell(fault: IndexFault): void {
    this.#fault = fault
    this.#options.onFault(fault)
  }

  /** Undefined when what is in memory is as new, or newer. */
  async #prepare(pointer: AliasIndexPointer): Promise<Commit | undefined> {
    const { signal } = this.#closing
    const { now, wantsChanges } = this.#options
    const options = { slices: new Slices(), now, wantsChanges: this.#hasContent && wantsChanges() }
    const plan = planUpdate(this.#known, pointer)
    switch (plan.step) {
      case 'deltas':
        return prepareDeltas(this.shard, await this.#reader.deltas(plan.deltas, signal), options)
      case 'anew': {
        const base = await this.#reader.base(pointer, signal)
        const deltas = await this.#reader.deltas(pointer.deltas, signal)
        return prepareAnew(this.shard, base, this.#reader.parts(base, signal), deltas, options)
      }
      case 'none':
        return () => []
      case 'ignore':
        return undefined
      case 'invalid':
        throw new IndexFault('pointer_invalid', this.key, `the pointer of ${this.key} is of no use: ${plan.why}`)
    }
  }
}

function isNewer(one: AliasIndexPointer, other: AliasIndexPointer): boolean {
  return one.epoch === other.epoch ? one.version > other.version : one.epoch > other.epoch
}

function wentBack(known: AliasIndexPointer | undefined, pointer: AliasIndexPointer): string {
  return `the pointer went back from ${known?.epoch} v${known?.version} to ${pointer.epoch} v${pointer.version}`
}
