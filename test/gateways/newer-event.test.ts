import test from 'ava'
import { aliases } from '../../commands/alias/aliases.ts'
import type { Write } from '../../commands/event-store.ts'
import { verifyApiKey } from '../../gateways/authentication/verify-api-key.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import { actor } from '../../schemas/actor.ts'
import { apiKeyId } from '../../schemas/access.ts'
import { formatPosition } from '../../schemas/position.ts'
import { aWrite } from '../commands/a-write.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const globally = { kind: 'global' } as const
const ada = actor.parse({ id: 'ada', roles: ['admin'] })

/** What a release after this one might write. */
function ofNewerVersion(write: Write): Write {
  const type = `pharos.alias.registered.v${aliases.versionOf('alias.registered') + 1}`
  return { ...write, envelope: { ...write.envelope, type } }
}

test('what a newer version wrote is answered as unavailable, by commands, past reads and credentials alike', async (t) => {
  const { store, bus, queries, apiKeySecrets, now } = gatewayFixture()
  await store.append([ofNewerVersion(aWrite(slotSubject(globally, 'new')))])
  const newer = /newer than this version of Pharos/

  const body = { commandId: '01K9Z0000000000000000000A1', data: { scope: globally, name: 'New' } }
  const removed = await bus.dispatch({ type: 'alias.remove', body, actor: ada })
  t.is(removed.status, 'unavailable')
  t.regex(removed.status === 'unavailable' ? removed.message : '', newer)

  const asOf = formatPosition(await store.head())
  const read = await queries.ask({
    type: 'alias.get',
    body: { data: { scope: globally, name: 'new' }, asOf },
    actor: ada,
  })
  t.is(read.status, 'unavailable')
  t.regex(read.status === 'unavailable' ? read.message : '', newer)

  const events = await store.readAggregate(slotSubject(globally, 'new'))
  const rules = { secrets: apiKeySecrets, readAggregate: async () => events, now }
  const credential = {
    kind: 'api-key',
    text: 'phk_exporter',
    apiKeyId: apiKeyId.parse('exporter'),
    secret: 'x'.repeat(43),
  } as const
  t.like(await verifyApiKey(credential, rules), { status: 'unavailable' })
})
