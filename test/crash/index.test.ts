import { type KvEntry, Kvm } from '@nats-io/kv'
import test from 'ava'
import pg from 'pg'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import type { Pharos } from '../../gateways/client/index.ts'
import { AliasIndexObjects } from '../../infra/jetstream/alias-index-objects.ts'
import { AliasIndexPointers } from '../../infra/jetstream/alias-index-pointers.ts'
import { publishedContent } from '../../projections/alias-index/published-content.ts'
import { aliasIndexPointer } from '../../schemas/alias-index.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { type Installation, testInstallation } from './installation.ts'
import { seededRandom } from './seeded-random.ts'

const KILLS = 6
const SITES = 8
const SEED = 20_261_121

test('the publisher is killed again and again under load: no pointer goes back, no version is lost or comes twice', async (t) => {
  t.timeout(400_000)
  const installation = await testInstallation(t)
  const random = seededRandom(SEED)
  await installation.serve('commands')
  const client = await installation.client(60_000)
  let publisher = await installation.serve('projections')
  const connection = await connectNats(installation.natsUrl, 'index crash test')
  afterTests(() => connection.close())
  const seen = await followPointers(await new Kvm(connection).open('schema'))

  const stop = new AbortController()
  const load = keepChanging(client, random, stop.signal)
  for (let kill = 0; kill < KILLS; kill++) {
    const before = seen.moves
    // A moment that no timer of the process chooses: some moves of pointers later, in the midst of the next.
    const most = 1 + Math.floor(random() * 12)
    await eventually(() => seen.moves - before >= most, { timeoutMs: 90_000, intervalMs: 1 })
    await publisher.kill('SIGKILL')
    publisher = await installation.serve('projections')
  }
  stop.abort()
  await load

  const pointers = await AliasIndexPointers.open(connection)
  const { sequence } = await (await installation.log()).head()
  const isPublished = async () => ((await pointers.readProgress())?.value?.position ?? 0) >= sequence
  await eventually(isPublished, { timeoutMs: 90_000 })
  const furthestBehind = `
    select min(position)::int as position from pharos.projection_checkpoints
    where projector in ('aliases', 'alias_index')`
  await eventually(
    async () => ((await query<{ position: number }>(installation, furthestBehind, []))[0]?.position ?? 0) >= sequence,
    {
      timeoutMs: 90_000,
    },
  )
  t.deepEqual(seen.steppedBack, [])
  const objects = await AliasIndexObjects.open(connection)
  let published = 0
  for await (const [scopeKey, { value }] of pointers.all()) {
    const lines: string[] = []
    for await (const { node, name, target } of publishedContent(objects, value)) lines.push(`${node}/${name} ${target}`)
    t.deepEqual(lines.toSorted(), await tableContent(installation, scopeKey), scopeKey)
    published++
  }
  t.is(published, SITES)
  const claims = await claimedVersions(installation)
  for (const [scopeKey, versions] of claims)
    t.deepEqual(
      versions,
      [...versions.keys()].map((index) => index + 1),
      `${scopeKey}: each version once`,
    )
  t.log(`${seen.moves} moves of pointers, ${[...claims.values()].flat().length} versions`)
})

/** Registers, changes and removes names of some sites, a few at a time, until it is told to stop. */
async function keepChanging(client: Pharos, random: () => number, signal: AbortSignal): Promise<void> {
  let last = 0
  const sender = async (): Promise<void> => {
    while (!signal.aborted) {
      const number = ++last
      const scope = { kind: 'site', site: `site-${Math.floor(random() * SITES)}` } as const
      const name = `name-${Math.floor(random() * 40)}`
      const target = { kind: 'endpoint', url: `https://example.com/${number}` } as const
      const type = random() < 0.2 ? 'alias.remove' : random() < 0.5 ? 'alias.retarget' : 'alias.register'
      const { status } = await client.send(type, type === 'alias.remove' ? { scope, name } : { scope, name, target })
      if (status === 'unavailable') throw new Error(`${type} was answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 4 }, sender))
}

async function followPointers(kv: Awaited<ReturnType<Kvm['open']>>) {
  const seen = { moves: 0, steppedBack: [] as string[] }
  const versions = new Map<string, number>()
  const entries = await kv.watch({ key: 'alias_index.>' })
  const look = ({ key, value }: Pick<KvEntry, 'key' | 'value'>): void => {
    const { version } = aliasIndexPointer.parse(JSON.parse(new TextDecoder().decode(value)))
    const before = versions.get(key) ?? 0
    if (version <= before) seen.steppedBack.push(`${key} from ${before} to ${version}`)
    versions.set(key, version)
    seen.moves++
  }
  void (async () => {
    for await (const entry of entries) look(entry)
  })()
  return seen
}

async function tableContent(installation: Installation, scopeKey: string): Promise<readonly string[]> {
  const rows = await query<{ line: string }>(
    installation,
    `select coalesce(node, '') || '/' || alias || ' ' || canonical as line from pharos.aliases where scope_key = $1`,
    [scopeKey],
  )
  return rows.map(({ line }) => line).toSorted()
}

async function claimedVersions(installation: Installation): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await query<{ scope_key: string; versions: number[] }>(
    installation,
    `select scope_key, array_agg(version::int order by position, version) as versions
     from pharos.alias_index_versions group by scope_key`,
    [],
  )
  return new Map(rows.map((row) => [row.scope_key, row.versions]))
}

async function query<R extends pg.QueryResultRow>(
  { databaseUrl }: Installation,
  text: string,
  values: readonly unknown[],
): Promise<readonly R[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<R>(text, [...values])).rows
  } finally {
    await client.end()
  }
}
