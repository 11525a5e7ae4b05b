import test from 'ava'
import { ulid } from 'ulid'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { epoch } from '../../schemas/position.ts'
import { eventStoreContract } from './event-store.contract.ts'

eventStoreContract(test, async () => new InMemoryEventStore(epoch.parse(ulid())))
