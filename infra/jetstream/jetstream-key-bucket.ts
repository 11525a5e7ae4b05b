import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { Consumer, JsMsg, JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { nanos, nuid, type NatsConnection } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { KeyBucket, PlacedKeys, StoredKeys } from '../../commands/personal/key-bucket.ts'
import type { KeyName } from '../../commands/personal/key-names.ts'
import { publishAtomically } from './atomic-batch.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { decodeKeys, encodeKeys, keySubject, KEYS_STREAM, nameOfSubject } from './key-messages.ts'
import { LeaderReads } from './leader-reads.ts'
import { parsePublishAck } from './publish-ack.ts'

const TIMEOUT_MS = 2_000
/** Keys that are fetched at once. */
const FETCH = 1_000
/** What was still to come may have been erased meanwhile: so long it is waited for. */
const FETCH_MS = 1_000
/** Whoever takes a key must take the next one within this time. */
const CONSUMER_MS = 60_000

/** KV bucket `keys`, read from its leader. */
export class JetStreamKeyBucket implements KeyBucket {
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager
  readonly #client: JetStreamClient
  readonly #watch: ConnectionWatch
  readonly #leader: LeaderReads

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection
    this.#manager = manager
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
    this.#watch = new ConnectionWatch(connection)
    this.#leader = new LeaderReads(manager, this.#watch, KEYS_STREAM)
  }

  /** @param connection is up and reconnects for ever. The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<JetStreamKeyBucket> {
    return new JetStreamKeyBucket(
      connection,
      await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }),
    )
  }

  async read(name: KeyName): Promise<PlacedKeys | undefined> {
    const message = await this.#leader.last(keySubject(name))
    return message === null ? undefined : { keys: decodeKeys(message.subject, message.data), revision: message.seq }
  }

  async write(name: KeyName, keys: StoredKeys, expectedRevision: number): Promise<number | undefined> {
    const write = { subject: keySubject(name), expectedRevision, messageId: nuid.next(), payload: encodeKeys(keys) }
    const ack = await this.#watch
      .whileUp(() => publishAtomically(this.#connection, [write], TIMEOUT_MS))
      .then((message) => parsePublishAck(message.json()))
      .catch((error: unknown) => ({ status: 'unknown' as const, reason: String(error) }))
    // Whose it is that stands there is for whoever reads next to find out: it may be this very one.
    if (ack.status === 'stored' || ack.status === 'contested') return ack.status === 'stored' ? ack.sequence : undefined
    const reason = ack.status === 'known' ? 'a message id was used twice' : ack.reason
    throw new EventStoreUnavailable(`${name} of the keys cannot be written: ${reason}`)
  }

  async eraseBefore(name: KeyName, revision: number): Promise<void> {
    const subject = keySubject(name)
    for (let from = 1; ;) {
      const message = await this.#leader.next(subject, from)
      if (message === null || message.seq >= revision) return
      await this.#overwrite(message.seq)
      from = message.seq + 1
    }
  }

  /** About how many names there are: sheets of keys, and people who were erased. */
  async count(): Promise<number> {
    return (await this.#leader.info()).state.num_subjects ?? 0
  }

  async *all(): AsyncGenerator<readonly [KeyName, PlacedKeys], void> {
    let consumer: Consumer | undefined
    try {
      const until = (await this.#leader.info()).state.last_seq
      consumer = await this.#openConsumer()
      let delivered = 0
      for (let at = 0, isOver = false; at < until && !isOver;) {
        const { num_pending: pending } = await consumer.info()
        const page = await fetched(consumer, until)
        // It goes on with what is written meanwhile, by whoever takes these to write them.
        for (const { subject, data, seq, info } of page) {
          if (info.deliverySequence !== ++delivered) throw new EventStoreUnavailable('a key was lost on its way')
          at = seq
          if (seq <= until) yield [nameOfSubject(subject), { keys: decodeKeys(subject, data), revision: seq }]
        }
        isOver = page.length === 0 && pending === 0
      }
    } catch (error) {
      if (error instanceof EventStoreUnavailable) throw error
      throw new EventStoreUnavailable('the keys of people cannot be read', { cause: error })
    } finally {
      consumer?.delete().catch(() => undefined)
    }
  }

  /** Of the newest of each subject. Not an ordered one: that begins each fetch anew, with all revisions from there on. */
  async #openConsumer(): Promise<Consumer> {
    const { name } = await this.#manager.consumers.add(KEYS_STREAM, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subject: '$KV.keys.>',
      inactive_threshold: nanos(CONSUMER_MS),
      mem_storage: true,
    })
    return this.#client.consumers.get(KEYS_STREAM, name)
  }

  /** The bytes on disk too. */
  async #overwrite(sequence: number): Promise<void> {
    try {
      await this.#watch.whileUp(() => this.#manager.streams.deleteMessage(KEYS_STREAM, sequence, true))
    } catch (error) {
      if (error instanceof EventStoreUnavailable) throw error
      if ((await this.#leader.at(sequence)) === null) return
      throw new EventStoreUnavailable(`message ${sequence} of the keys cannot be overwritten`, { cause: error })
    }
  }
}

/** Some more, all at once: whoever takes them one by one may be slow. Ends when what stood at the beginning was given. */
async function fetched(consumer: Consumer, until: number): Promise<readonly JsMsg[]> {
  const messages = await consumer.fetch({ max_messages: FETCH, expires: FETCH_MS })
  const page: JsMsg[] = []
  for await (const message of messages) {
    page.push(message)
    if (message.seq >= until) break
  }
  messages.stop()
  return page
}
