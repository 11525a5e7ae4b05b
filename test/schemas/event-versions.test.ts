import test from 'ava'
import { readdir, readFile } from 'node:fs/promises'
import { accessEventData } from '../../schemas/events/access.ts'
import { currentType, currentVersion } from '../../schemas/events/current-version.ts'
import { readAccessEvent } from '../../schemas/events/read-access-event.ts'
import { aliasEventData } from '../../schemas/events/alias.ts'
import { aliasIndexEventData } from '../../schemas/events/alias-index.ts'
import { aliasJobEventData } from '../../schemas/events/alias-job.ts'
import { deviceCredentialEventData } from '../../schemas/events/device-credential.ts'
import { deviceSyncEventData } from '../../schemas/events/device-sync.ts'
import { readDeviceSyncEvent } from '../../schemas/events/read-device-sync-event.ts'
import { readDeviceCredentialEvent } from '../../schemas/events/read-device-credential-event.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import { readAliasIndexEvent } from '../../schemas/events/read-alias-index-event.ts'
import { readAliasJobEvent } from '../../schemas/events/read-alias-job-event.ts'
import { readAuditEvent } from '../../schemas/events/read-audit-event.ts'
import { readFleetEvent } from '../../schemas/events/read-fleet-event.ts'
import { readSigningKeyEvent } from '../../schemas/events/read-signing-key-event.ts'
import { readUserEvent } from '../../schemas/events/read-user-event.ts'
import { channelEventData } from '../../schemas/events/channel.ts'
import { readChannelEvent } from '../../schemas/events/read-channel-event.ts'
import { UnknownEventError } from '../../schemas/events/unknown-event.ts'
import { fleetEventData } from '../../schemas/events/fleet.ts'
import { signingKeyEventData } from '../../schemas/events/signing-key.ts'
import { userEventData } from '../../schemas/events/user.ts'
import { upcasters } from '../../schemas/events/upcasters.ts'
import { envelope } from '../../schemas/envelope.ts'
import { PlainEvent } from '../../schemas/plain-event.ts'
import { eventSchemas, schemaText } from './event-schemas.ts'

const fixtures = new URL('fixtures/', import.meta.url)
const names = Object.keys(upcasters)

/** Every version of every event that was ever released, as type. */
const released = names.flatMap((name) =>
  Array.from({ length: currentVersion(name) }, (_, i) => ({ name, type: `pharos.${name}.v${i + 1}` })),
)

function readerOf(name: string) {
  if (name in accessEventData) return readAccessEvent
  if (name in aliasEventData) return readAliasEvent
  if (name in userEventData) return readUserEvent
  if (name in fleetEventData) return readFleetEvent
  if (name in aliasIndexEventData) return readAliasIndexEvent
  if (name in deviceSyncEventData) return readDeviceSyncEvent
  if (name in deviceCredentialEventData) return readDeviceCredentialEvent
  if (name in channelEventData) return readChannelEvent
  if (name in signingKeyEventData) return readSigningKeyEvent
  return name in aliasJobEventData ? readAliasJobEvent : readAuditEvent
}

async function fixture(folder: 'events' | 'event-schemas', type: string): Promise<string> {
  return readFile(new URL(`${folder}/${type.replace('pharos.', '')}.json`, fixtures), 'utf8').catch(() => '')
}

test('every event has a schema and a place in the registry of versions', (t) => {
  t.deepEqual(names.toSorted(), Object.keys(eventSchemas).toSorted())
})

for (const { name, type } of released) {
  test(`${type} is still read, as the newest version`, async (t) => {
    const text = await fixture('events', type)
    if (text === '') return t.fail(`fixtures/events has no event of ${type}: add one, as it stands in a log`)
    const stored = envelope.parse(JSON.parse(text))
    t.is(stored.type, type)
    const data = Buffer.from(JSON.stringify(JSON.parse(text)))
    t.deepEqual(PlainEvent.of({ sequence: 1, subject: stored.subject, data })?.envelope, stored)
    const read = readerOf(name)(stored)
    t.is<string, string>(read.type, name)
    const newest: unknown = read.data
    t.deepEqual(eventSchemas[name]?.parse(newest), newest)
    if (type === currentType(name)) t.deepEqual(newest, stored.data)
  })
}

for (const name of names) {
  test(`the schema of ${currentType(name)} is what it was when the version was made`, async (t) => {
    const schema = eventSchemas[name]
    const recorded = await fixture('event-schemas', currentType(name))
    if (schema === undefined || recorded === '')
      return t.fail(`nothing is recorded of ${currentType(name)}: node test/schemas/record-event-schemas.ts`)
    t.deepEqual(
      JSON.parse(schemaText(schema)),
      JSON.parse(recorded),
      `events of ${currentType(name)} are in logs for ever: keep its schema, and make the change a new version with a step in upcasters.ts`,
    )
  })
}

test('nothing that was released is forgotten', async (t) => {
  for (const folder of ['events', 'event-schemas'] as const) {
    const files = await readdir(new URL(folder, fixtures))
    t.deepEqual(
      files.map((file) => `pharos.${file.replace(/\.json$/, '')}`).toSorted(),
      released.map(({ type }) => type).toSorted(),
      folder,
    )
  }
})

test('an event of a newer version or of no known name is neither guessed nor poison', (t) => {
  const data = {}
  for (const type of ['pharos.alias.registered.v2', 'pharos.alias.sung.v1', 'pharos.to-string.v1'])
    t.throws(() => readAliasEvent({ type, data }), { instanceOf: UnknownEventError })
  t.throws(() => readAccessEvent({ type: 'pharos.api-key.issued.v2', data }), { instanceOf: UnknownEventError })
})
