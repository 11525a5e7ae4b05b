import { LRUCache } from 'lru-cache'
import type { AliasIndexProgress } from '../../schemas/alias-index-keys.ts'
import type { Position } from '../../schemas/position.ts'
import type { Publication, Publisher, Tenure } from '../publication.ts'
import { type DraftContext, draftVersions } from './draft-versions.ts'
import type { Placed, ProgressMove } from './index-pointers.ts'
import type { IndexPorts } from './index-ports.ts'
import { KnownVersions } from './known-versions.ts'
import { movePointers } from './move-pointers.ts'
import { dueScopes, parkedScopes, scopesBehind } from './due-scopes.ts'
import { PublishedDifferences } from './published-differences.ts'
import { RetryLater } from '../retry-later.ts'
import { NameTaken, ObjectDamaged } from './store-object.ts'
import type { DueScope } from './version-draft.ts'
import { writeVersions } from './write-versions.ts'

/** Scopes that are claimed, written and moved together: what changes together becomes visible together. */
const SLICE = 500
const BASES_KNOWN = 10_000
/** How often the progress key is moved where no pointer moves, in milliseconds. */
const PROGRESS_MS = 100

/** Names above which a scope is split. */
export const SPLIT_ABOVE = 32_768

/** Publishes the alias index from the tables of the projector `alias_index`. */
export function indexPublication(ports: IndexPorts): Publication {
  return { begin: (tenure) => IndexPublisher.begin(ports, tenure) }
}

/** What a tenure finds when it begins. */
interface Begun {
  readonly versions: KnownVersions
  readonly differences: PublishedDifferences
  readonly behind: readonly string[]
  readonly floor: number
  readonly progress: Pick<Placed<AliasIndexProgress | undefined>, 'value' | 'revision'> | undefined
}

/**
 * One tenure of publishing. Each round takes every scope that has changed and is held by no job through four steps:
 * claim the version in the log, store its object, read it back, move the pointer. Whoever is killed in between is
 * succeeded by one that finds the claim and finishes it. Rounds end before the tables change again, so a version's content is
 * that of exactly its position.
 */
export class IndexPublisher implements Publisher {
  readonly #ports: IndexPorts
  readonly #tenure: Tenure
  readonly #versions: KnownVersions
  readonly #differences: PublishedDifferences
  readonly #retry: RetryLater
  /** Scopes of which nothing is published, since an alias of theirs is held back. */
  #parked: ReadonlySet<string> = new Set()
  readonly #abandoned = new Set<string>()
  readonly #baseBytes = new LRUCache<string, number>({ max: BASES_KNOWN })
  /** The latest position that something was published or claimed at. */
  readonly #floor: number
  /** All scopes that were due up to here are published, or wait in `#retry`. */
  #until: number
  #shown = -1
  #progressAt = -Infinity
  #progress: Begun['progress']

  private constructor(ports: IndexPorts, tenure: Tenure, begun: Begun) {
    this.#ports = ports
    this.#tenure = tenure
    this.#versions = begun.versions
    this.#differences = begun.differences
    this.#retry = new RetryLater(begun.behind)
    this.#until = tenure.at.sequence
    this.#progress = begun.progress
    this.#floor = begun.floor
  }

  static async begin(ports: IndexPorts, tenure: Tenure): Promise<IndexPublisher> {
    const versions = await KnownVersions.begin(tenure)
    const standing = new Map<string, Position & { readonly version: number }>()
    for await (const [scopeKey, { value }] of ports.pointers.all()) {
      standing.set(scopeKey, { epoch: value.epoch, sequence: value.position, version: value.version })
      await tenure.alive()
    }
    const behind = await scopesBehind(tenure, standing, versions)
    const differences = await PublishedDifferences.begin(ports, tenure, standing)
    const progress = await ports.pointers.readProgress()
    let floor = 0
    for (const { epoch, sequence } of standing.values())
      if (epoch === tenure.at.epoch) floor = Math.max(floor, sequence)
    for (const position of versions.ahead().values()) floor = Math.max(floor, position)
    return new IndexPublisher(ports, tenure, { versions, differences, behind, floor, progress })
  }

  async publish(at: Position): Promise<void> {
    const { client, signal } = this.#tenure
    const now = this.#ports.now()
    // Tables that are made anew have first to come to where others have published from.
    if (at.sequence < this.#floor) return
    await this.#lookAtParked()
    if (at.sequence === this.#shown && this.#retry.due(now).length === 0) return
    this.#versions.forgetUntil(at.sequence)
    for (const scopeKey of await this.#differences.find()) this.#retry.add(scopeKey)
    const again = this.#retry.due(now)
    const due = await dueScopes(client, this.#until, again)
    // A scope that is held back is due again when the job ends, or when nothing of it is parked any more.
    for (const scopeKey of again) if (!due.some((scope) => scope.scopeKey === scopeKey)) this.#retry.done(scopeKey)
    this.#until = at.sequence
    // Nothing but the position is new: that can wait a little for the next change, which tells it too.
    if (due.length === 0 && now - this.#progressAt < PROGRESS_MS) return
    for (let start = 0; start === 0 || start < due.length; start += SLICE) {
      signal.throwIfAborted()
      await this.#publishSlice(due.slice(start, start + SLICE), at, start + SLICE >= due.length)
    }
    this.#shown = at.sequence
    this.#progressAt = now
    this.#ports.reports.progressed?.({ waiting: this.#retry.size, position: at.sequence })
  }

  /** Whoever replays or discards a parked event leaves no later event that would make its scope due. */
  async #lookAtParked(): Promise<void> {
    const parked = await parkedScopes(this.#tenure.client)
    for (const scopeKey of this.#parked) if (!parked.has(scopeKey)) this.#retry.add(scopeKey)
    this.#parked = parked
  }

  async #publishSlice(due: readonly DueScope[], at: Position, isLast: boolean): Promise<void> {
    const started = performance.now()
    const context = this.#context()
    const failed = new Set<string>()
    const onFault = ({ scopeKey }: Pick<DueScope, 'scopeKey'>, error: unknown): void => {
      failed.add(scopeKey)
      this.#fault(scopeKey, error)
    }
    const drafts = await draftVersions(context, due, at, onFault)
    const written = await writeVersions(context, drafts, at.epoch, onFault)
    for (const { scopeKey } of due) if (!failed.has(scopeKey)) this.#retry.done(scopeKey)
    const progress = isLast && this.#retry.size === 0 ? this.#progressTo(at) : undefined
    const { moved, progressAt } = await movePointers(this.#ports.pointers, written, progress)
    if (progressAt !== undefined && progress !== undefined)
      this.#progress = { value: progress.progress, revision: progressAt }
    else if (progress !== undefined) this.#progress = await this.#ports.pointers.readProgress()
    const seconds = (performance.now() - started) / 1000
    for (const { scopeKey, pointer, bytes } of written) {
      if (moved.has(scopeKey)) {
        this.#abandoned.delete(scopeKey)
        this.#differences.settle(scopeKey)
        this.#ports.reports.published?.({ scopeKey, version: pointer.version, bytes, seconds })
      } else this.#retry.failed(scopeKey, this.#ports.now())
    }
  }

  #context(): DraftContext {
    return {
      ports: this.#ports,
      client: this.#tenure.client,
      versions: this.#versions,
      baseBytes: this.#baseBytes,
      rebase: this.#differences.found,
      abandoned: this.#abandoned,
    }
  }

  /** What the progress key is to say, if that is news: within a life of the log it never goes back. */
  #progressTo({ epoch, sequence }: Position): ProgressMove | undefined {
    const { value: last, revision: expected = 0 } = this.#progress ?? {}
    const generation = this.#differences.isComplete ? this.#tenure.generation : (last?.generation ?? 0)
    const isNews = last?.epoch !== epoch || sequence > last.position
    const isBehind = last?.epoch === epoch && sequence < last.position
    if (isBehind || (!isNews && generation === last?.generation)) return undefined
    return { progress: { epoch, position: sequence, generation }, expected }
  }

  #fault(scopeKey: string, error: unknown): void {
    this.#retry.failed(scopeKey, this.#ports.now())
    // What is damaged keeps its name, and so does what another publisher has stored: the next version takes another name.
    if (error instanceof NameTaken || error instanceof ObjectDamaged) this.#abandoned.add(scopeKey)
    if (!(error instanceof NameTaken)) this.#ports.reports.alarm?.({ scopeKey, error })
  }
}
