import test from 'ava'
import { ulid } from 'ulid'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { commandPortsOver } from '../../gateways/cli/platform/command-ports.ts'
import type { ActorId } from '../../schemas/ids.ts'
import { epoch } from '../../schemas/position.ts'

for (const [policy, expected] of [
  ['refuse', { status: 'rejected', code: 'look_alike_taken', violations: [{ field: 'data.name' }] }],
  ['allow', { status: 'accepted', events: { length: 2 } }],
] as const)
  test(`ALIAS_LOOKALIKES=${policy} holds for whoever sends a command, and names the field`, async (t) => {
    const store = new InMemoryEventStore(epoch.parse(ulid()))
    const { bus } = await commandPortsOver(store, createCaslPolicy(), { ALIAS_LOOKALIKES: policy })
    const register = (name: string) =>
      bus.dispatch({
        type: 'alias.register',
        actor: { id: 'ann' as ActorId, roles: ['operator'] },
        body: {
          commandId: ulid(),
          data: { scope: { kind: 'global' }, name, target: { kind: 'endpoint', url: 'https://example.com/' } },
        },
      })
    t.like(await register('cop'), { status: 'accepted', events: { length: 1 } })
    t.like(await register('\u0441\u043e\u0440'), expected)
  })
