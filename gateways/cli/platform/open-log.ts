import type { NatsConnection } from '@nats-io/transport-node'
import { KeyRing } from '../../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../../commands/personal/key-uses.ts'
import type { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { PersonalEventStore } from '../../../commands/personal/personal-event-store.ts'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../../infra/jetstream/jetstream-key-bucket.ts'
import { configFromEnvironment } from './environment.ts'
import { masterKeysOf } from './master-keys.ts'

/** The log as a command reads it once: with what is known of people in the clear. @throws Failure without a master key. */
export async function openLog(
  connection: NatsConnection,
  masterKeys?: MasterKeys,
): Promise<PersonalEventStore<JetStreamEventStore>> {
  const store = await JetStreamEventStore.open(connection)
  const keys = new KeyRing({
    bucket: await JetStreamKeyBucket.open(connection),
    masterKeys: masterKeys ?? (await masterKeysOf(configFromEnvironment())),
    uses: keyUsesIn(store),
  })
  return new PersonalEventStore(store, keys)
}
