import test from 'ava'
import { ulid } from 'ulid'
import { aliases } from '../../commands/alias/aliases.ts'
import { createCommandBus } from '../../commands/command-bus.ts'
import type { EventStore } from '../../commands/event-store.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { ActorId } from '../../schemas/ids.ts'
import { epoch } from '../../schemas/position.ts'

const scope = { kind: 'site', site: 'KSEA' } as const
const channel = (n: number) => ({ kind: 'channel', channelId: `00000000-0000-4000-8000-00000000000${n}` }) as const

/** A log whose appends wait, when told to, after they are stored: as acknowledgements do that are slow to come. */
function slowLog(log: EventStore) {
  let gate: PromiseWithResolvers<void> | undefined
  const reads: string[] = []
  const store: EventStore = {
    async append(writes, conditions) {
      const mine = gate
      const result = await log.append(writes, conditions)
      await mine?.promise
      return result
    },
    readAggregate(subject) {
      reads.push(subject)
      return log.readAggregate(subject)
    },
    lastRevision: (subject) => log.lastRevision(subject),
    lastGuard: (subject) => log.lastGuard(subject),
    readAll: (options) => log.readAll(options),
    head: () => log.head(),
  }
  return {
    store,
    reads,
    hold() {
      const held = Promise.withResolvers<void>()
      gate = held
      return () => {
        gate = undefined
        held.resolve()
      }
    },
    pass: () => (gate = undefined),
  }
}

test('an aggregate that was evicted while its event was appended is known as it is now, not as it was', async (t) => {
  const life = epoch.parse(ulid())
  const log = slowLog(new InMemoryEventStore(life))
  const policy = { allows: () => true, actsForOthers: () => true }
  const ports = { store: log.store, policy, epoch: life, now: () => Date.UTC(2026, 2, 1), newId: () => ulid() }
  const bus = createCommandBus([commandHandler(aliases, { ...ports, source: '/test', cacheSize: 1 })])
  const actor: Actor = { id: 'ann' as ActorId, roles: ['operator'] }
  const send = (type: string, name: string, data: object = {}) =>
    bus.dispatch({ type, actor, body: { commandId: ulid(), data: { scope, name, ...data } } })

  await send('alias.register', 'Feed', { target: channel(1) })
  const letGo = log.hold()
  const retargeted = send('alias.retarget', 'Feed', { target: channel(2) })
  log.pass()
  t.is((await send('alias.register', 'Pump', { target: channel(3) })).status, 'accepted')
  letGo()
  t.like(await retargeted, { status: 'accepted', revision: 2 })

  // Known from its own event: the next command on it needs no read, and is decided on the new target.
  log.reads.length = 0
  t.like(await send('alias.disable', 'Feed'), { status: 'accepted', revision: 4 })
  t.deepEqual(log.reads, [])
})
