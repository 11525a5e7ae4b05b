import type { NatsConnection } from '@nats-io/transport-node'
import type { Client } from 'pg'
import { createCaslPolicy } from '../../../commands/access/casl-policy.ts'
import type { CommandBus } from '../../../commands/command-bus.ts'
import type { Write } from '../../../commands/event-store.ts'
import { slotSubject } from '../../../domain/alias/slot.ts'
import { commandPortsOver } from '../../../gateways/cli/platform/command-ports.ts'
import { EventStoreClaims } from '../../../infra/event-store-claims.ts'
import { AliasIndexObjects } from '../../../infra/jetstream/alias-index-objects.ts'
import { AliasIndexPointers } from '../../../infra/jetstream/alias-index-pointers.ts'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../../infra/streams.ts'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import type { IndexPorts } from '../../../projections/alias-index/index-ports.ts'
import { IndexPublisher, SPLIT_ABOVE } from '../../../projections/alias-index/index-publisher.ts'
import { publishedContent } from '../../../projections/alias-index/published-content.ts'
import { readCheckpoint } from '../../../projections/checkpoint.ts'
import type { Projector } from '../../../projections/projector.ts'
import { projectBatch } from '../../../projections/project-batch.ts'
import type { AliasIndexPointer } from '../../../schemas/alias-index.ts'
import type { CommandInput, CommandType } from '../../../schemas/commands/command-data.ts'
import type { RecordedEvent } from '../../../schemas/envelope.ts'
import type { AliasEvent } from '../../../schemas/events/alias.ts'
import { actorId } from '../../../schemas/ids.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'
import { type AggregateSubject, aggregateSubject } from '../../../schemas/subjects.ts'
import { testNats } from '../../support/infrastructure.ts'
import { EPOCH, envelopeOf } from '../alias-events.ts'
import { ProjectionWorld } from '../projection-world.ts'

const ADMIN = { id: actorId.parse('admin'), roles: ['admin'] } as const

/** What went wrong, by scope. */
export interface Alarm {
  readonly scopeKey: string
  readonly error: unknown
}

/** A log, tables and buckets of their own, and the index publisher step by step. */
export class IndexWorld {
  readonly alarms: Alarm[] = []
  readonly connection: NatsConnection
  readonly natsUrl: string
  readonly tables: ProjectionWorld
  readonly client: Client
  readonly store: JetStreamEventStore
  readonly objects: AliasIndexObjects
  readonly pointers: AliasIndexPointers
  readonly #bus: CommandBus

  private constructor(
    parts: Pick<IndexWorld, 'connection' | 'natsUrl' | 'tables' | 'client' | 'store' | 'objects' | 'pointers'>,
    bus: CommandBus,
  ) {
    this.connection = parts.connection
    this.natsUrl = parts.natsUrl
    this.tables = parts.tables
    this.client = parts.client
    this.store = parts.store
    this.objects = parts.objects
    this.pointers = parts.pointers
    this.#bus = bus
  }

  static async create(t: { readonly title: string }): Promise<IndexWorld> {
    const nats = await testNats(t)
    const connection = await nats.connect()
    await applyTopology(connection, streams, { mintEpoch: () => EPOCH })
    const store = await JetStreamEventStore.open(connection)
    const tables = await ProjectionWorld.create(t)
    const objects = await AliasIndexObjects.open(connection)
    const pointers = await AliasIndexPointers.open(connection)
    const client = await tables.session(aliasIndex)
    const { bus } = await commandPortsOver(store, createCaslPolicy(), { ALIAS_LOOKALIKES: 'refuse' })
    return new IndexWorld({ connection, natsUrl: nats.url, tables, client, store, objects, pointers }, bus)
  }

  ports(changed: Partial<IndexPorts> = {}): IndexPorts {
    const claims = new EventStoreClaims({ store: this.store, now: Date.now, newId: newUlid, source: '/test' })
    const reports = { alarm: (alarm: Alarm): void => void this.alarms.push(alarm) }
    const { objects, pointers } = this
    return { objects, pointers, claims, reports, now: Date.now, splitAbove: SPLIT_ABOVE, ...changed }
  }

  /** A publisher whose tenure begins now. */
  async begin(changed: Partial<IndexPorts> = {}, client = this.client): Promise<IndexPublisher> {
    const { position, generation } = await readCheckpoint(client)
    const at = { epoch: (await this.store.head()).epoch, sequence: position }
    const signal = new AbortController().signal
    const head = await this.store.head()
    return IndexPublisher.begin(this.ports(changed), {
      client,
      log: this.store,
      generation,
      at,
      head,
      signal,
      alive: async () => {},
    })
  }

  /** Brings the tables to the end of the log, and publishes. */
  async step(publisher: IndexPublisher, client = this.client): Promise<void> {
    await publisher.publish(await this.project(client))
  }

  /** Brings the tables to the end of the log, and answers where that is. */
  async project(client = this.client, projector: Projector = aliasIndex) {
    const { position } = await readCheckpoint(client)
    const head = await this.store.head()
    const range = { fromSequence: position + 1, untilSequence: head.sequence, subjects: projector.subjects }
    const events: RecordedEvent[] = []
    for await (const event of this.store.readAll({ ...range, signal: AbortSignal.timeout(60_000) })) events.push(event)
    const from = { epoch: head.epoch, sequence: position }
    await projectBatch(client, projector, { events, from, to: head.sequence, asOf: new Date().toISOString() })
    return head
  }

  /** Sends a command that must be accepted. */
  async send<T extends CommandType>(type: T, data: CommandInput<T>): Promise<void> {
    const status = await this.attempt({ type, data })
    if (status !== 'accepted') throw new Error(`${type} was answered ${status}`)
  }

  /** Sends a command that the rules may refuse. */
  async attempt({ type, data }: { readonly type: string; readonly data: object }): Promise<string> {
    const body = { commandId: newUlid(), data }
    return (await this.#bus.dispatch({ type, body, actor: { ...ADMIN, roles: [...ADMIN.roles] } })).status
  }

  /** Writes events of new aggregates to the log as those of one command. */
  async append(...events: readonly { subject: AggregateSubject; type: string; data: object }[]): Promise<void> {
    const { sequence } = await this.store.head()
    const writes = events.map(({ subject, ...event }, index): Write => {
      const envelope = envelopeOf(event, { n: sequence + 1 + index, subject, index, count: events.length })
      return { subject, expectedRevision: 0, messageId: newUlid(), envelope }
    })
    const { status } = await this.store.append(writes)
    // A retry of the store's own after a lost answer is told so.
    if (status !== 'appended' && status !== 'duplicate') throw new Error(`the events were answered ${status}`)
  }

  aliasEvents(...events: readonly AliasEvent[]): Promise<void> {
    return this.append(
      ...events.map((event) => ({ subject: slotSubject(event.data.scope, event.data.name), ...event })),
    )
  }

  /** Each job event is an aggregate of its own here: only its type and data matter. */
  jobEvent(type: string, data: { readonly jobId: string; readonly [field: string]: unknown }): Promise<void> {
    return this.append({ subject: aggregateSubject('alias-job', data.jobId, newUlid()), type, data })
  }

  async pointer(scopeKey: string): Promise<AliasIndexPointer | undefined> {
    return (await this.pointers.read(scopeKey))?.value
  }

  /** `node/name → target`, of what is published, in order. */
  async published(scopeKey: string): Promise<readonly string[]> {
    const pointer = await this.pointer(scopeKey)
    if (pointer === undefined) return []
    const lines: string[] = []
    for await (const { node, name, target, id, expires } of publishedContent(this.objects, pointer))
      lines.push(`${node}/${name} → ${target} ${id} ${expires}`)
    return lines.toSorted()
  }

  /** The same of what the tables hold. */
  async held(scopeKey: string): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ line: string }>(
      `select node || '/' || name || ' → ' || target || ' ' || id || ' ' || expires as line
       from index_entries where scope_key = $1 and is_taken and is_enabled`,
      [scopeKey],
    )
    return rows.map(({ line }) => line).toSorted()
  }
}
