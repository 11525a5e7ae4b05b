import type { Position } from '../../schemas/position.ts'
import type { Tenure } from '../publication.ts'
import { ContentDigest } from './content-digest.ts'
import type { IndexPorts } from './index-ports.ts'
import { publishedContent } from './published-content.ts'
import { countLive, readParts } from './read-index.ts'

/**
 * After a rebuild the tables may say something else than what was published from the old ones, at the same positions.
 * Compares each scope once.
 */
export class PublishedDifferences {
  readonly #ports: IndexPorts
  readonly #tenure: Tenure
  readonly #pending: Set<string>
  readonly #found = new Set<string>()

  private constructor(ports: IndexPorts, tenure: Tenure, pending: Set<string>) {
    this.#ports = ports
    this.#tenure = tenure
    this.#pending = pending
  }

  /** Nothing is to be compared where these very tables were published from before, or all is published anew anyway. */
  static async begin(
    ports: IndexPorts,
    tenure: Tenure,
    standing: ReadonlyMap<string, Position>,
  ): Promise<PublishedDifferences> {
    const placed = await ports.pointers.readProgress()
    const progress = placed?.value
    // Where nobody can tell which tables it was that were published, they are taken for others.
    const isUnknown = placed !== undefined && progress === undefined
    const isRebuilt = progress?.epoch === tenure.at.epoch && progress.generation !== tenure.generation
    const scopes = isRebuilt || isUnknown ? [...standing].filter(([, { epoch }]) => epoch === tenure.at.epoch) : []
    return new PublishedDifferences(ports, tenure, new Set(scopes.map(([scopeKey]) => scopeKey)))
  }

  /** Scopes that differ and are not published anew yet. */
  get found(): ReadonlySet<string> {
    return this.#found
  }

  /** Whether every scope was compared. */
  get isComplete(): boolean {
    return this.#pending.size === 0
  }

  /** Compares, if that was not done, and answers the scopes that differ. The tables must know all that was published. */
  async find(): Promise<readonly string[]> {
    const { signal } = this.#tenure
    const differing: string[] = []
    for (const scopeKey of this.#pending) {
      signal.throwIfAborted()
      if (!(await this.#isPublished(scopeKey))) differing.push(scopeKey)
      this.#pending.delete(scopeKey)
    }
    for (const scopeKey of differing) this.#found.add(scopeKey)
    return differing
  }

  settle(scopeKey: string): void {
    this.#found.delete(scopeKey)
  }

  async #isPublished(scopeKey: string): Promise<boolean> {
    const { client } = this.#tenure
    const [published, held] = [new ContentDigest(), new ContentDigest()]
    try {
      const placed = await this.#ports.pointers.read(scopeKey)
      if (placed === undefined) return false
      for await (const entry of publishedContent(this.#ports.objects, placed.value)) published.add(entry)
    } catch (error) {
      // What cannot be read is as good as different: it is published anew.
      this.#ports.reports.alarm?.({ scopeKey, error })
      return false
    }
    const [live = 0] = await countLive(client, [scopeKey], MOST)
    const parts = Math.max(1, Math.ceil(live / this.#ports.splitAbove))
    for await (const rows of readParts(client, scopeKey, parts))
      for (const { node, name_key: nameKey, name, target, id, expires } of rows)
        held.add({ node, nameKey, name, target, id, expires })
    return published.equals(held)
  }
}

const MOST = 1_000_000_000
