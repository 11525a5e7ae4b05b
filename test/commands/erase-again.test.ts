import test from 'ava'
import { ulid } from 'ulid'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { createCommandBus } from '../../commands/command-bus.ts'
import { derivedCommandId } from '../../commands/derived-command-id.ts'
import { eraseAgain } from '../../commands/fleet/erase-again.ts'
import { fleet } from '../../commands/fleet/fleet.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import type { Actor } from '../../schemas/actor.ts'
import { actorId } from '../../schemas/ids.ts'
import { epoch as epochSchema } from '../../schemas/position.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'

const epoch = epochSchema.parse(ulid())
const admin: Actor = { id: actorId.parse('system:erasure'), roles: ['admin'] }

function world() {
  const store = new InMemoryEventStore(epoch)
  const newProcess = () =>
    commandHandler(fleet, {
      store,
      policy: createCaslPolicy(),
      epoch,
      now: Date.now,
      newId: () => ulid(),
      source: '/t',
    })
  const bus = createCommandBus([newProcess()])
  const send = (type: string, data: object, commandId: string = ulid()) =>
    bus.dispatch({ type, body: { commandId, data }, actor: admin })
  const types = async (person: string) =>
    (await store.readAggregate(aggregateSubject('user', person))).map(({ envelope }) => envelope.type)
  const eraseIn = (person: string) => eraseAgain(person, { store, fleet: newProcess() })
  return { send, types, eraseIn }
}

const ann = { userId: 'ann', companyId: 'c-1', name: 'Ann Ames' }

test('of whom the log knows nothing it says that they are erased, once, and nobody gets their id', async (t) => {
  const { send, types, eraseIn } = world()
  await eraseIn('ann')
  await eraseIn('ann')
  t.deepEqual(await types('ann'), ['pharos.user.erased.v1'])
  await send('company.register', { companyId: 'c-1', name: 'Acme' })
  t.like(await send('user.register', ann), { status: 'rejected', code: 'user_erased' })
})

test('who is there is erased, and who is erased stays so, be it that the version before has written it', async (t) => {
  const { send, types, eraseIn } = world()
  t.like(await send('company.register', { companyId: 'c-1', name: 'Acme' }), { status: 'accepted' })
  t.like(await send('user.register', ann), { status: 'accepted' })
  t.like(await send('user.register', { ...ann, userId: 'bob' }), { status: 'accepted' })
  await eraseIn('ann')
  // The version before gave this command under this id.
  await send('user.erase', { userId: 'bob' }, derivedCommandId('erase again', epoch, 'bob'))
  await eraseIn('bob')
  for (const person of ['ann', 'bob'])
    t.deepEqual(await types(person), ['pharos.user.registered.v1', 'pharos.user.erased.v1'])
})

test('no sender can ask for it', async (t) => {
  const { send, types } = world()
  t.like(await send('user.erase-again', { userId: 'ann' }), { status: 'rejected' })
  t.deepEqual(await types('ann'), [])
})
