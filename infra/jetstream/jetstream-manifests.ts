import {
  DeliverPolicy,
  jetstream,
  JetStreamApiError,
  type JetStreamClient,
  jetstreamManager,
  type JetStreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { consumeOrdered } from './consume-ordered.ts'
import type { ManifestStore, StandingManifests } from '../../projections/device-manifest/manifest-store.ts'
import { type DeviceId, deviceId } from '../../schemas/device-sync/manifest.ts'
import { type NewestManifests, newestManifests } from '../../schemas/device-sync/newest-manifests.ts'

const TIMEOUT_MS = 10_000
const STREAM = 'MANIFESTS'
const WRONG_LAST_SEQUENCE = new Set([10071, 10164])

const subjectOf = (of: DeviceId): string => `device.${of}.manifest`

/** Stream `MANIFESTS`: the newest manifests of each device, on `device.<id>.manifest`. */
export class JetStreamManifests implements ManifestStore {
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager

  private constructor(client: JetStreamClient, manager: JetStreamManager) {
    this.#client = client
    this.#manager = manager
  }

  static async open(connection: NatsConnection): Promise<JetStreamManifests> {
    const options = { timeout: TIMEOUT_MS }
    return new JetStreamManifests(
      jetstream(connection, options),
      await jetstreamManager(connection, { ...options, checkAPI: false }),
    )
  }

  async publish(of: DeviceId, manifests: NewestManifests, expected: number): Promise<number | undefined> {
    try {
      const expect = { lastSubjectSequence: expected }
      return (await this.#client.publish(subjectOf(of), JSON.stringify(manifests), { expect })).seq
    } catch (error) {
      if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)) return undefined
      throw error
    }
  }

  async read(of: DeviceId): Promise<StandingManifests | undefined> {
    const message = await this.#manager.streams.getMessage(STREAM, { last_by_subj: subjectOf(of) })
    return message === null ? undefined : standing(of, message.seq, message.data)
  }

  async remove(of: DeviceId, revision: number): Promise<void> {
    // All before that sequence.
    await this.#manager.streams.purge(STREAM, { filter: subjectOf(of), seq: revision + 1 })
  }

  async *all(signal: AbortSignal): AsyncGenerator<StandingManifests> {
    const consumer = await this.#client.consumers.get(STREAM, { deliver_policy: DeliverPolicy.LastPerSubject })
    let { num_pending: left } = await consumer.info(true)
    if (left === 0) return
    const messages = await consumeOrdered(consumer)
    const stop = (): void => messages.stop()
    signal.addEventListener('abort', stop)
    try {
      for await (const message of messages) {
        const of = deviceId.safeParse(message.subject.split('.')[1])
        const found = of.success ? standing(of.data, message.seq, message.data) : undefined
        if (found !== undefined) yield found
        if (--left === 0 || message.info.pending === 0) return
      }
      signal.throwIfAborted()
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }
}

/** What stands there, or `undefined` when it is nothing that a builder has written. */
function standing(of: DeviceId, revision: number, data: Uint8Array): StandingManifests | undefined {
  try {
    const manifests = newestManifests.parse(JSON.parse(Buffer.from(data).toString()))
    return { deviceId: of, revision, manifests }
  } catch {
    return undefined
  }
}
