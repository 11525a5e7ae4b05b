import { LazyLru } from '../lazy-lru.ts'
import { channel } from '../../domain/channel/channel.ts'
import type { KnownChannel } from '../../domain/channel/known-channel.ts'
import { channelSubject } from '../../domain/channel/channel-subject.ts'
import { readChannelEvent } from '../../schemas/events/read-channel-event.ts'
import type { ChannelId } from '../../schemas/ids.ts'
import type { EventStore } from '../event-store.ts'

export interface ChannelDirectoryOptions {
  readonly store: Pick<EventStore, 'readAggregate'>
  /** Registers a channel that nobody knows, for the device that observed it. Left out: it stays unknown. */
  readonly register?: (channelId: ChannelId, device: string) => Promise<void>
  /** Epoch milliseconds, or any other clock that goes on. */
  readonly now?: () => number
  /** Channels kept in memory, most recently used. */
  readonly size?: number
}

/** What is known is asked again after this, in milliseconds, if nobody says before that it has changed. */
const KNOWN_MS = 60_000
const UNKNOWN_MS = 1_000
/** Questions to the log at a time. */
const AT_ONCE = 64

/**
 * Knows the channels by the log's own account, so that one is known as soon as it is registered, whatever tables are
 * behind. Remembers what it was told: tell it by {@link forget} of every event of a channel.
 */
export class ChannelDirectory {
  readonly #options: ChannelDirectoryOptions
  readonly #known: LazyLru<ChannelId, { readonly channel: KnownChannel | undefined }>
  /** How often something was forgotten: an answer that was under way meanwhile may be older than that. */
  #forgotten = 0

  constructor(options: ChannelDirectoryOptions) {
    this.#options = options
    const { now, size = 100_000 } = options
    this.#known = new LazyLru({ max: size, ttlResolution: 0, ...(now === undefined ? {} : { perf: { now } }) })
  }

  /** Those of the channels that there are; of each the device that observes it. @throws EventStoreUnavailable */
  async find(wanted: ReadonlyMap<ChannelId, string>): Promise<ReadonlyMap<ChannelId, KnownChannel>> {
    const found = new Map<ChannelId, KnownChannel>()
    const missing: [ChannelId, string][] = []
    for (const [id, device] of wanted) {
      const remembered = this.#known.get(id)
      if (remembered === undefined) missing.push([id, device])
      else if (remembered.channel !== undefined) found.set(id, remembered.channel)
    }
    const queue = missing.values()
    const ask = async (): Promise<void> => {
      for (const [id, device] of queue) {
        const before = this.#forgotten
        const known = await this.#ask(id, device)
        const ttl = known === undefined ? UNKNOWN_MS : KNOWN_MS
        if (this.#forgotten === before) this.#known.set(id, { channel: known }, { ttl })
        if (known !== undefined) found.set(id, known)
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, missing.length) }, ask))
    return found
  }

  /** Something has happened to the channel. */
  forget(id: ChannelId): void {
    this.#forgotten++
    this.#known.delete(id)
  }

  /** Something may have happened that nobody heard of. */
  forgetAll(): void {
    this.#forgotten++
    this.#known.clear()
  }

  async #ask(id: ChannelId, device: string): Promise<KnownChannel | undefined> {
    const known = await this.#read(id)
    if (known !== undefined || this.#options.register === undefined) return known
    await this.#options.register(id, device)
    return this.#read(id)
  }

  async #read(id: ChannelId): Promise<KnownChannel | undefined> {
    let state = channel.initialState
    for (const { sequence, envelope } of await this.#options.store.readAggregate(channelSubject(id))) {
      const { time, actor } = envelope
      state = channel.evolve(state, readChannelEvent(envelope), { sequence, time, actor })
    }
    return state.status === 'none' ? undefined : { device: state.device, retired: state.status === 'retired' }
  }
}
