import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createPublicKey } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import stringify from 'fast-json-stable-stringify'
import { compactVerify, flattenedVerify, importJWK } from 'jose'
import {
  formatKeyring,
  type ManifestKeyring,
  newRootKey,
  parseKeyring,
  rotatedKeyring,
} from '../../infra/manifest-keys/manifest-keyring.ts'
import { ManifestKeys } from '../../infra/manifest-keys/manifest-keys.ts'
import { type Manifest, unsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { freshness, signingKeys } from '../../schemas/device-sync/statements.ts'

const at = new Date('2026-03-01T12:00:00.000Z')
const unsigned = unsignedManifest.parse({
  manifestId: '01K9Z0000000000000000000M1',
  generatedAt: '2026-03-01T12:00:00.000Z',
  schemaVersion: 1,
  canonVersion: 1,
  epoch: '01K9Z0000000000000000000E1',
  position: 7,
  deviceId: 'jetson-7',
  tables: [{ name: 'users', rowCount: 0, sha256: '0'.repeat(64), chunks: [] }],
  sha256: '1'.repeat(64),
  filters: { locationId: 'sea' },
})

async function open(t: ExecutionContext, keyring: ManifestKeyring) {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-keys-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const path = join(dir, 'manifest_keys')
  await writeFile(path, formatKeyring(keyring))
  return { path, keys: await ManifestKeys.open(path) }
}

const keyOf = (x: string) => importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA')
const text = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

/** As a device does it: the root vouches for the keys, and one of those for the manifest. */
async function believes(rootKey: string, statement: string, { signature, ...content }: Manifest): Promise<boolean> {
  const { payload } = await compactVerify(statement, await keyOf(rootKey))
  const { keys } = signingKeys.parse(text(payload))
  const [head = '', , signed = ''] = signature.split('.')
  const { kid } = text(Buffer.from(head, 'base64url')) as { kid: string }
  const key = keys.find((one) => one.kid === kid)
  if (key === undefined) return false
  const jws = { protected: head, payload: Buffer.from(stringify(content)).toString('base64url'), signature: signed }
  return flattenedVerify(jws, await keyOf(key.x)).then(
    () => true,
    () => false,
  )
}

test('what is signed verifies by any JOSE library, and no changed byte does', async (t) => {
  const { keys } = await open(t, rotatedKeyring(newRootKey(), undefined, { at, keep: 1 }))
  const [root, statement] = [await keys.rootKey(), await keys.signingKeys()]
  const manifest = await keys.signManifest(unsigned)
  t.true(await believes(root, statement, manifest))
  t.false(await believes(root, statement, { ...manifest, position: 8 }))
  t.false(await believes(root, statement, { ...manifest, signature: `${manifest.signature.slice(0, -4)}AAAA` }))
  const said = {
    deviceId: unsigned.deviceId,
    manifestId: unsigned.manifestId,
    epoch: unsigned.epoch,
    issuedAt: at.toISOString(),
    expiresAt: at.toISOString(),
  }
  const { x = '' } = signingKeys.parse(text((await compactVerify(statement, await keyOf(root))).payload)).keys[0] ?? {}
  const { payload, protectedHeader } = await compactVerify(await keys.freshness(said), await keyOf(x))
  t.deepEqual(freshness.parse(text(payload)), said)
  t.is(protectedHeader.typ, 'pharos-freshness+jwt')
  await t.throwsAsync(
    compactVerify(await keys.freshness(said), await keyOf(root)),
    undefined,
    'the root signs keys only',
  )
})

test('after a rotation the new key signs, the one before is believed still, and older manifests are renewed', async (t) => {
  const root = newRootKey()
  const first = rotatedKeyring(root, undefined, { at, keep: 1 })
  const second = rotatedKeyring(root, first, { at, keep: 1 })
  const third = rotatedKeyring(root, second, { at, keep: 1 })
  t.deepEqual(
    [first, second, third].map(({ version }) => version),
    [1, 2, 3],
  )
  const old = await (await open(t, first)).keys.signManifest(unsigned)
  t.true(await believes(second.rootKey, second.statement, old))
  t.false(await believes(third.rootKey, third.statement, old))
  const { keys } = await open(t, third)
  const renewed = await keys.renewed(old)
  t.true(await believes(third.rootKey, third.statement, renewed))
  t.deepEqual({ ...renewed, signature: '' }, { ...old, signature: '' })
  t.is(await keys.renewed(renewed), renewed)
})

test('a key that is distrusted at once is in no statement, and what it signed is renewed all the same', async (t) => {
  const root = newRootKey()
  const first = rotatedKeyring(root, undefined, { at, keep: 1 })
  const second = rotatedKeyring(root, first, { at, keep: 0 })
  const old = await (await open(t, first)).keys.signManifest(unsigned)
  t.false(await believes(second.rootKey, second.statement, old))
  const { keys } = await open(t, second)
  t.true(await believes(second.rootKey, second.statement, await keys.renewed(old)))
})

test('what no key of ours signed is not renewed', async (t) => {
  const stranger = await open(t, rotatedKeyring(newRootKey(), undefined, { at, keep: 1 }))
  const { keys } = await open(t, rotatedKeyring(newRootKey(), undefined, { at, keep: 1 }))
  await t.throwsAsync(keys.renewed(await stranger.keys.signManifest(unsigned)), { message: /not signed by any key/ })
  const root = newRootKey()
  const first = rotatedKeyring(root, undefined, { at, keep: 1 })
  const old = await (await open(t, first)).keys.signManifest(unsigned)
  const next = (await open(t, rotatedKeyring(root, first, { at, keep: 1 }))).keys
  await t.throwsAsync(next.renewed({ ...old, position: 8 }), { message: /not signed by any key/ })
})

test('a keyring is read as it was written, and belongs to its root', (t) => {
  const root = newRootKey()
  const keyring = rotatedKeyring(root, undefined, { at, keep: 1 })
  t.is(formatKeyring(parseKeyring(formatKeyring(keyring))), formatKeyring(keyring))
  t.like(createPublicKey(root).export({ format: 'jwk' }), { x: keyring.rootKey })
  t.throws(() => rotatedKeyring(newRootKey(), keyring, { at, keep: 1 }), { message: /of another root key/ })
  let many = keyring
  for (let i = 0; i < 20; i++) many = rotatedKeyring(root, many, { at, keep: 99 })
  t.is(many.keys.length, 8)
})
