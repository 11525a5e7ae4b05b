import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { EventStore } from '../../../commands/event-store.ts'
import { EventStoreClaims } from '../../../infra/event-store-claims.ts'
import { AliasIndexObjects } from '../../../infra/jetstream/alias-index-objects.ts'
import { AliasIndexPointers } from '../../../infra/jetstream/alias-index-pointers.ts'
import type { IndexPorts, IndexReports } from '../../../projections/alias-index/index-ports.ts'
import { SPLIT_ABOVE } from '../../../projections/alias-index/index-publisher.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'

interface Parts {
  readonly connection: NatsConnection
  readonly store: EventStore
  readonly logger: Logger
  readonly reports: IndexReports
}

/** What the alias index is published with: claims in the log, objects and pointers in buckets. */
export async function indexPortsOver({ connection, store, logger, reports }: Parts): Promise<IndexPorts> {
  return {
    objects: await AliasIndexObjects.open(connection),
    pointers: await AliasIndexPointers.open(connection),
    claims: new EventStoreClaims({ store, now: Date.now, newId: newUlid, source: '/pharos' }),
    reports: {
      ...reports,
      alarm(alarm) {
        const { scopeKey, error } = alarm
        logger.error({ err: error, scope: scopeKey }, 'an index version could not be stored; the last good one stays')
        reports.alarm?.(alarm)
      },
    },
    now: Date.now,
    splitAbove: SPLIT_ABOVE,
  }
}
