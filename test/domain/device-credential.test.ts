import test from 'ava'
import { deviceCredential } from '../../domain/device-credential/device-credential.ts'
import { newNkey } from '../../infra/nats/nkey.ts'
import { deviceCredentialCommandData } from '../../schemas/commands/device-credential.ts'
import type { DeviceCredentialCommand } from '../../schemas/commands/device-credential.ts'
import type { DeviceCredentialEvent } from '../../schemas/events/device-credential.ts'
import { scenario } from './scenario.ts'

const { given } = scenario(deviceCredential, '01J00000000000000000000000')
const [first, second] = [newNkey('user').publicKey, newNkey('user').publicKey]
const data = (change: object = {}) =>
  deviceCredentialCommandData['device-credential.provision'].parse({
    deviceId: 'jetson-7',
    mac: '48-B0-2D-E9-C3-B7',
    publicKey: first,
    apiKeyId: 'key-1',
    expiresAt: '2028-03-01T12:00:00.000Z',
    ...change,
  })
const provision = (change?: object): DeviceCredentialCommand => ({
  type: 'device-credential.provision',
  data: data(change),
})
const provisioned = (change?: object): DeviceCredentialEvent => ({
  type: 'device-credential.provisioned',
  data: { ...data(change), issuedAt: '2026-03-01T12:00:00.000Z' },
})
const revoke: DeviceCredentialCommand = {
  type: 'device-credential.revoke',
  data: { deviceId: data().deviceId, reason: 'stolen' },
}
const revoked: DeviceCredentialEvent = { type: 'device-credential.revoked', data: revoke.data }

test('a device is provisioned, under its MAC as it is kept', (t) => {
  given([]).when(provision()).then(t, provisioned())
  t.is(data().mac, '48:b0:2d:e9:c3:b7')
})

test('a second time rotates; no key comes twice, not even one that was revoked', (t) => {
  const once = given([provisioned()])
  once
    .when(provision({ publicKey: second, apiKeyId: 'key-2' }))
    .then(t, provisioned({ publicKey: second, apiKeyId: 'key-2' }))
  once.when(provision({ apiKeyId: 'key-2' })).thenRefused(t, 'public_key_taken')
  once.when(provision({ publicKey: second })).thenRefused(t, 'api_key_taken')
  given([provisioned(), revoked])
    .when(provision({ apiKeyId: 'key-2' }))
    .thenRefused(t, 'public_key_taken')
})

test('a credential ends, and not in the past', (t) => {
  given([])
    .when(provision({ expiresAt: '2026-03-01T12:00:00.000Z' }))
    .thenRefused(t, 'expiry_in_past')
  given([])
    .when(provision({ expiresAt: '2126-03-01T12:00:00.000Z' }))
    .thenRefused(t, 'expiry_too_late')
})

test('what is revoked is revoked; what never was cannot be', (t) => {
  given([provisioned()]).when(revoke).then(t, revoked)
  given([provisioned(), revoked]).when(revoke).then(t)
  given([]).when(revoke).thenRefused(t, 'credential_not_found')
})

for (const [field, value] of Object.entries({
  deviceId: ['*', '>', 'a.b', '', 'ä', 'a'.repeat(65)],
  mac: ['', '48:b0:2d:e9:c3', '48:b0-2d:e9:c3:b7', 'zz:b0:2d:e9:c3:b7'],
  publicKey: ['*', '', first.slice(0, -1), first.toLowerCase(), newNkey('account').publicKey],
}))
  for (const bad of value)
    test(`${field} "${bad.slice(0, 20)}" is none`, (t) => {
      const all = { ...data(), [field]: bad }
      const { error } = deviceCredentialCommandData['device-credential.provision'].safeParse(all)
      t.is(error?.issues[0]?.path[0], field)
    })
