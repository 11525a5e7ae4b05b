import test from 'ava'
import { Client } from 'pg'
import { Ledger } from '../../edge-agent/ledger/ledger.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { type ManifestId, type UnsignedManifest, unsignedManifest } from '../../schemas/device-sync/manifest.ts'
import type { SyncAck } from '../../schemas/device-sync/messages.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import { afterTests, testDatabase } from '../support/infrastructure.ts'

const MIGRATIONS = new URL('../../edge-agent/migrations/', import.meta.url)
const at = new Date('2026-03-01T00:00:00.000Z')

function ackOf(manifestId: string, status: SyncAck['status']): SyncAck {
  const error = status === 'Failed' ? 'the session was cut off' : null
  return {
    manifestId: manifestId as ManifestId,
    mac: '48:b0:2d:e9:c3:b7',
    status,
    localCounts: {},
    localChecksums: {},
    durationMs: 1,
    error,
  }
}

function manifestOf(manifestId: string): UnsignedManifest {
  return unsignedManifest.parse({
    manifestId,
    generatedAt: at.toISOString(),
    schemaVersion: 1,
    canonVersion: 1,
    epoch: newUlid(),
    position: 7,
    deviceId: 'd1',
    tables: [],
    sha256: '0'.repeat(64),
    filters: { locationId: 'l1' },
  })
}

async function openLedger(t: { readonly title: string }): Promise<{ ledger: Ledger; client: Client }> {
  const { url } = await testDatabase(t)
  await migrate({ connectionString: url }, MIGRATIONS)
  const client = new Client(url)
  await client.connect()
  afterTests(() => client.end())
  return { ledger: new Ledger(client), client }
}

test('a run that was committed stays a success, also if its agent was cut off before it heard so', async (t) => {
  const { ledger, client } = await openLedger(t)
  const manifest = manifestOf(newUlid())
  const { manifestId } = manifest
  const id = await ledger.begin(manifestId, at)
  const contents = new Map([['users', { rowCount: 0, sha256: '0'.repeat(64) }]])
  await client.query(
    `begin; ${ledger.successSql({ id, manifest, contents, keysVersion: 1, at, ack: ackOf(manifestId, 'Success') })} commit`,
  )
  await ledger.fail({ id, manifestId, startedAt: at, at, error: 'cut off', ack: ackOf(manifestId, 'Failed') })
  t.deepEqual(
    (await ledger.pendingAcks()).map(({ ack }) => ack.status),
    ['Success'],
  )
  t.like(await ledger.read(), { applied: { manifestId } })
})

test('a failure is one run and one ack, whether the run had begun or not', async (t) => {
  const { ledger } = await openLedger(t)
  const [first, second] = [newUlid(), newUlid()]
  const id = await ledger.begin(first, at)
  await ledger.fail({ id, manifestId: first, startedAt: at, at, error: 'no', ack: ackOf(first, 'Failed') })
  await ledger.fail({
    id: undefined,
    manifestId: second,
    startedAt: at,
    at,
    error: 'no',
    ack: ackOf(second, 'Failed'),
  })
  t.deepEqual((await ledger.pendingAcks()).map(({ ack }) => ack.manifestId).toSorted(), [first, second].toSorted())
  t.is(await ledger.closeKilled(), 0)
})

test('acks that cannot be read are given up, and keep no other from being sent; of too many the newest stay', async (t) => {
  const { ledger, client } = await openLedger(t)
  const ids = Array.from({ length: 260 }, () => newUlid())
  await ledger.set(Object.fromEntries(ids.map((id) => [`ack:${id}:Success`, JSON.stringify(ackOf(id, 'Success'))])))
  await ledger.set({ 'ack:of another version': '{"manifestId":"1"}', 'ack:torn': '{"manif' })
  t.deepEqual(
    (await ledger.pendingAcks()).map(({ ack }) => ack.manifestId as string),
    ids.slice(-256),
  )
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n from pharos_edge.edge_sync_state where starts_with(key, 'ack:')`,
  )
  t.is(rows[0]?.n, 256)
})
