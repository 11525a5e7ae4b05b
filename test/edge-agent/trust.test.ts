import { createHash } from 'node:crypto'
import test from 'ava'
import stringify from 'fast-json-stable-stringify'
import { judgeAnswer, type Standing } from '../../edge-agent/trust/judge-answer.ts'
import { Refusal } from '../../edge-agent/trust/refusal.ts'
import { contentHashInput } from '../../schemas/device-sync/content-hash-input.ts'
import { deviceTables } from '../../schemas/device-sync/device-tables.ts'
import { type Manifest, type UnsignedManifest, unsignedManifest } from '../../schemas/device-sync/manifest.ts'
import {
  type Freshness,
  FRESHNESS_TYPE,
  MANIFEST_TYPE,
  SIGNING_KEYS_TYPE,
} from '../../schemas/device-sync/statements.ts'
import { jws, newKey, TestSigner } from './support/test-signer.ts'

const NOW = Date.parse('2026-03-01T12:00:00.000Z')
const HOUR = 3_600_000
const EPOCH = '01KAAAAAAAAAAAAAAAAAAAAAAA'
const NEXT_EPOCH = '01KBBBBBBBBBBBBBBBBBBBBBBB'
const [ID, LATER_ID] = ['01KCCCCCCCCCCCCCCCCCCCCCCC', '01KDDDDDDDDDDDDDDDDDDDDDDD']
const EMPTY = createHash('sha256').digest('hex')
const CHUNK = { sha256: 'a'.repeat(64), rows: 2, bytes: 100 }
const signer = new TestSigner()

function unsigned(change: Record<string, unknown> = {}): UnsignedManifest {
  const tables = (deviceTables.get(1) ?? []).map(({ name }) =>
    name === 'users'
      ? { name, rowCount: 2, sha256: 'b'.repeat(64), chunks: [CHUNK] }
      : { name, rowCount: 0, sha256: EMPTY, chunks: [] },
  )
  const body = {
    manifestId: ID,
    generatedAt: '2026-03-01T11:00:00.000Z',
    schemaVersion: 1,
    canonVersion: 1,
    epoch: EPOCH,
    position: 10,
    deviceId: 'dev-1',
    filters: { locationId: 'loc-1' },
    tables,
    ...change,
  } as unknown as UnsignedManifest
  const sha256 = createHash('sha256')
    .update(stringify(contentHashInput(body)))
    .digest('hex')
  return Object.assign({ sha256 }, body)
}

function freshness(change: Record<string, unknown> = {}): string {
  return signer.freshness({
    deviceId: 'dev-1',
    manifestId: ID,
    epoch: EPOCH,
    issuedAt: '2026-03-01T12:00:00.000Z',
    expiresAt: '2026-03-01T13:00:00.000Z',
    ...change,
  } as Freshness)
}

/** A right answer with this manifest, but for what is changed. */
function answer(manifest: UnsignedManifest, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    status: 'manifest',
    manifest: signer.manifest(manifest),
    freshness: freshness({ manifestId: manifest.manifestId, epoch: manifest.epoch }),
    signingKeys: signer.signingKeys(),
    ...change,
  }
}

const judge = (raw: unknown, standing: Partial<Standing> = {}) =>
  judgeAnswer(raw, {
    deviceId: 'dev-1',
    rootKey: signer.root.x,
    catalogue: deviceTables,
    applied: undefined,
    isWhole: true,
    keysVersion: 0,
    maxBytes: 1e9,
    now: NOW,
    ...standing,
  })

const applied = (change: Record<string, unknown> = {}) => unsignedManifest.parse(unsigned(change))

test('a manifest that is signed, fresh, and for this device is taken', async (t) => {
  const verdict = await judge(answer(unsigned()))
  t.like(verdict, { status: 'new', keysVersion: 1, manifest: { manifestId: ID } })
})

test('what is already here is unchanged, in both ways that central can say so', async (t) => {
  const standing = { applied: applied() }
  t.like(await judge(answer(unsigned()), standing), { status: 'unchanged' })
  const said = { status: 'unchanged', manifestId: ID, freshness: freshness(), signingKeys: signer.signingKeys() }
  t.like(await judge(said, standing), { status: 'unchanged' })
})

const flipped = (manifest: Manifest): Manifest => ({ ...manifest, position: manifest.position + 1 })
const rogue = new TestSigner()
const again = { applied: applied() }
const refused: readonly (readonly [string, string, unknown, Partial<Standing>?])[] = [
  ['a changed field', 'signature', answer(unsigned(), { manifest: flipped(signer.manifest(unsigned())) })],
  [
    'a changed chunk with all hashes rewritten to fit',
    'signature',
    answer(unsigned(), {
      manifest: {
        ...unsigned({ tables: unsigned().tables.map((table) => ({ ...table, sha256: EMPTY })) }),
        signature: signer.manifest(unsigned()).signature,
      },
    }),
  ],
  ['no signature', 'invalid', answer(unsigned(), { manifest: unsigned() })],
  [
    'a signature with a payload of its own',
    'signature',
    answer(unsigned(), {
      manifest: { ...unsigned(), signature: jws(signer.signing, MANIFEST_TYPE, '{}') },
    }),
  ],
  ["a stranger's signature", 'signature', answer(unsigned(), { manifest: rogue.manifest(unsigned()) })],
  ["a stranger's statement of keys", 'signature', answer(unsigned(), { signingKeys: rogue.signingKeys() })],
  [
    'a statement of keys by a signing key',
    'signature',
    answer(unsigned(), { signingKeys: jws(signer.signing, SIGNING_KEYS_TYPE, '{}') }),
  ],
  [
    'a freshness statement used as statement of keys',
    'signature',
    answer(unsigned(), { signingKeys: jws(signer.root, FRESHNESS_TYPE, '{}') }),
  ],
  ['an older statement of keys', 'older', answer(unsigned()), { keysVersion: 2 }],
  [
    'a key that the statement does not name',
    'signature',
    answer(unsigned(), {
      signingKeys: signer.signingKeys({ keys: [newKey('other')].map(({ kid, x }) => ({ kid, x })) }),
    }),
  ],
  ['another device', 'device', answer(unsigned({ deviceId: 'dev-2' }))],
  ["another device's freshness", 'device', answer(unsigned(), { freshness: freshness({ deviceId: 'dev-2' }) })],
  ["another manifest's freshness", 'expired', answer(unsigned(), { freshness: freshness({ manifestId: LATER_ID }) })],
  ["another epoch's freshness", 'expired', answer(unsigned(), { freshness: freshness({ epoch: NEXT_EPOCH }) })],
  ['freshness that ran out, and two hours more', 'expired', answer(unsigned()), { now: NOW + 3 * HOUR + 1 }],
  ['freshness of the far future', 'expired', answer(unsigned()), { now: NOW - 2 * HOUR - 1 }],
  ['an older position', 'older', answer(unsigned({ position: 9, manifestId: LATER_ID })), again],
  [
    'an older manifest of the same position',
    'older',
    answer(unsigned()),
    { applied: applied({ manifestId: LATER_ID }) },
  ],
  [
    'an older epoch, however high its position',
    'older',
    answer(unsigned({ position: 99 })),
    { applied: applied({ epoch: NEXT_EPOCH }) },
  ],
  [
    'a schema version to come, with fields of its own',
    'schema_version',
    answer(unsigned({ schemaVersion: 2, more: true })),
  ],
  [
    "central's word that it serves no version of ours",
    'schema_version',
    { status: 'refused', code: 'schema_version', message: '' },
  ],
  ['another form of canonical rows', 'canon_version', answer(unsigned({ canonVersion: 2 }))],
  ['more bytes than the device takes', 'too_large', answer(unsigned()), { maxBytes: 99 }],
  [
    'a chunk that is too large',
    'invalid',
    answer(
      unsigned({
        tables: unsigned().tables.map((table) =>
          table.name === 'users' ? { ...table, chunks: [{ ...CHUNK, bytes: 2 ** 30 }] } : table,
        ),
      }),
    ),
  ],
  [
    'counts that do not add up',
    'invalid',
    answer(
      unsigned({
        tables: unsigned().tables.map((table) => (table.name === 'users' ? { ...table, rowCount: 3 } : table)),
      }),
    ),
  ],
  ['a table that is missing', 'invalid', answer(unsigned({ tables: unsigned().tables.slice(1) }))],
  ['a global hash that is not of the content', 'invalid', answer(unsigned({ sha256: EMPTY }))],
  [
    '"unchanged" of a manifest that is not here',
    'invalid',
    {
      status: 'unchanged',
      manifestId: LATER_ID,
      freshness: freshness({ manifestId: LATER_ID }),
      signingKeys: signer.signingKeys(),
    },
    again,
  ],
  [
    '"unchanged" with the freshness of another',
    'invalid',
    {
      status: 'unchanged',
      manifestId: ID,
      freshness: freshness({ manifestId: LATER_ID }),
      signingKeys: signer.signingKeys(),
    },
    again,
  ],
  ['a refusal', 'central', { status: 'refused', code: 'decommissioned', message: 'gone' }],
  ['something else', 'invalid', { status: 'hello' }],
  ['nothing', 'invalid', undefined],
]
for (const [what, code, raw, standing] of refused)
  test(`refused: ${what}`, async (t) => {
    const error = await t.throwsAsync(judge(raw, standing), { instanceOf: Refusal })
    t.is(error?.code, code as Refusal['code'], error?.message)
  })

test('what is here but not whole is taken again', async (t) => {
  t.like(await judge(answer(unsigned()), { applied: applied(), isWhole: false }), { status: 'new' })
})

test('two hours of clock error lock nobody out, in either direction', async (t) => {
  t.like(await judge(answer(unsigned()), { now: NOW + 3 * HOUR }), { status: 'new' })
  t.like(await judge(answer(unsigned()), { now: NOW - 2 * HOUR }), { status: 'new' })
})

test('a new epoch is taken at any position, and so is a manifest of the same position made later', async (t) => {
  t.like(await judge(answer(unsigned({ epoch: NEXT_EPOCH, position: 0, manifestId: LATER_ID })), again), {
    status: 'new',
  })
  t.like(await judge(answer(unsigned({ manifestId: LATER_ID })), again), { status: 'new' })
})

test('a rotated key is believed under the same root, the one before no more', async (t) => {
  const before = answer(unsigned())
  const old = new TestSigner()
  Object.assign(old, { root: signer.root, signing: signer.signing })
  old.rotate()
  const rotated = { ...before, manifest: old.manifest(unsigned()), signingKeys: old.signingKeys() }
  const fresh = jws(old.signing, FRESHNESS_TYPE, Buffer.from(freshness().split('.')[1] ?? '', 'base64url').toString())
  t.like(await judge({ ...rotated, freshness: fresh }), { status: 'new', keysVersion: 2 })
  await t.throwsAsync(judge({ ...before, signingKeys: old.signingKeys() }), { instanceOf: Refusal })
})
