import type { NatsConnection } from '@nats-io/transport-node'
import { createCaslPolicy } from '../../../commands/access/casl-policy.ts'
import { EventStoreUnavailable } from '../../../commands/event-store.ts'
import { eraseAgain } from '../../../commands/fleet/erase-again.ts'
import { fleet } from '../../../commands/fleet/fleet.ts'
import { commandHandler } from '../../../commands/handle-command.ts'
import { destroyKeys } from '../../../commands/personal/destroy-keys.ts'
import { personOf } from '../../../commands/personal/key-names.ts'
import { keyUsesIn } from '../../../commands/personal/key-uses.ts'
import type { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../../infra/jetstream/jetstream-key-bucket.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { erasedPersons, recordErasures, reopenErasures } from '../../../projections/erasure/erasure-ledger.ts'
import { openSession, type Session } from '../../../projections/session.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'
import { openLog } from './open-log.ts'

export interface RepeatErasuresOptions {
  readonly connection: NatsConnection
  readonly databaseUrl: string
  readonly masterKeys: MasterKeys
  /** Who else was erased, as somebody has kept it elsewhere. */
  readonly persons: readonly string[]
  readonly now: () => Date
}

/**
 * Everybody who was erased, around a restore: a backup from before an erasure brings the person's key back. `note` is called
 * before anything is deleted, since what is to be deleted knows them too; `destroyKeys` when the keys are back and nobody works
 * with them yet; `tellLog` when the log may be written. Each may be repeated.
 */
export class RepeatErasures {
  readonly #options: RepeatErasuresOptions
  readonly #bucket: JetStreamKeyBucket
  #persons: readonly string[] = []

  private constructor(options: RepeatErasuresOptions, bucket: JetStreamKeyBucket) {
    this.#options = options
    this.#bucket = bucket
  }

  static async over(options: RepeatErasuresOptions): Promise<RepeatErasures> {
    return new RepeatErasures(options, await JetStreamKeyBucket.open(options.connection))
  }

  get count(): number {
    return this.#persons.length
  }

  /** Puts all who are known to be erased into the ledger. @throws what an outage of Postgres throws. */
  async note(): Promise<void> {
    await migrate({ connectionString: this.#options.databaseUrl })
    await using session = await this.#session()
    const { client } = session
    await recordErasures(client, [...this.#options.persons, ...(await this.#erasedHere())], this.#options.now())
    this.#persons = await erasedPersons(client)
  }

  /**
   * Opens the ledger too: whatever comes of this, the platform does all of it again.
   * @throws EventStoreUnavailable when one is not known to be destroyed.
   */
  async destroyKeys(): Promise<void> {
    await using session = await this.#session()
    await reopenErasures(session.client)
    const ports = { bucket: this.#bucket, uses: keyUsesIn(await this.#log()) }
    for (const person of this.#persons) await destroyKeys(person, ports)
  }

  async tellLog(): Promise<void> {
    const store = await openLog(this.#options.connection, this.#options.masterKeys)
    const { epoch } = await store.head()
    const ports = { store, policy: createCaslPolicy(), epoch, now: Date.now, newId: newUlid, source: '/pharos' }
    const handler = commandHandler(fleet, ports)
    for (const person of this.#persons) await eraseAgain(person, { store, fleet: handler })
  }

  #session(): Promise<Session> {
    const connectionString = this.#options.databaseUrl
    return openSession({ connectionString }, { applicationName: 'pharos restore', statementTimeout: 60_000 })
  }

  #log(): Promise<JetStreamEventStore> {
    return JetStreamEventStore.open(this.#options.connection)
  }

  /** As the keys say that are about to be replaced: newer than the ledger, which is written a moment later. */
  async #erasedHere(): Promise<readonly string[]> {
    const erased: string[] = []
    try {
      for await (const [name, { keys }] of this.#bucket.all()) {
        const person = personOf(name)
        if (keys.status === 'erased' && person !== undefined) erased.push(person)
      }
    } catch (error) {
      // There is nothing here yet, or nothing left to ask.
      if (!(error instanceof EventStoreUnavailable)) throw error
    }
    return erased
  }
}
