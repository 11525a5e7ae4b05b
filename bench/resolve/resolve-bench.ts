import { createHash } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { zstdDecompressSync } from 'node:zlib'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import { nameKey } from '../../domain/alias/name-key.ts'
import { connectPharos, type Pharos, type TakenVersion } from '../../gateways/client/index.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { aliasIndexPointer } from '../../schemas/alias-index.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { askedNames } from './asked-names.ts'
import {
  columns,
  type FleetIndex,
  fleetIndex,
  nodeName,
  PART_ENTRIES,
  publishFleetIndex,
  SITES,
  siteName,
} from './fleet-index.ts'
import { lastFound, lookupNanoseconds } from './lookup-nanoseconds.ts'
import { plainMaps } from './plain-map.ts'
import { usedMemory } from './used-memory.ts'

const NODE = nodeName(7)
const LOOKUPS = 600_000
const READY = { timeoutMs: 120_000 }

/**
 * What a client pays for names; beside it, what a `Map` of prepared keys and an object a name would cost. `resolve.heap`
 * is what a client of one node holds: its site, and global; JavaScript's heap and the arrays beside it. `resolve.heap_all`
 * is what one holds that is bound to every site. `resolve.pause` is the longest that the event loop stood still while its
 * site and global were loaded; beside it, `JSON.parse` of one part.
 */
export const resolveBench: Bench = {
  summary: 'names in the memory of a bound client, of 1M aliases in all (BENCH_ALIASES for another number)',
  minutes: 15,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure(servers: Servers, context: BenchContext): Promise<void> {
  const index = fleetIndex(wholeNumber('BENCH_ALIASES', 1_000_000))
  context.note(`publishing ${index.global} global aliases and ${index.perLevel} of each site and node`)
  await publishFleetIndex(servers.connection, index)
  const taken: TakenVersion[] = []
  const { servers: hosts, ...natsOptions } = natsConnectOptions(servers.natsUrl)
  const pharos = await connectPharos({
    servers: hosts,
    natsOptions,
    token: 'resolving needs none',
    aliases: { onVersion: (version) => taken.push(version) },
  })
  try {
    const before = usedMemory()
    const mapBytes = await heap(pharos, index, before, context)
    lookups(pharos, index, context)
    await shardLoads(pharos, taken, servers, context)
    const { scopes } = pharos.aliases.status()
    const ceiling = mapBytes * scopes.reduce((sum, { aliases }) => sum + aliases, 0)
    context.report({ figure: 'resolve.heap_all', value: usedMemory() - before, unit: 'MB', ceiling })
  } finally {
    await pharos.close()
  }
}

/** Answers what plain maps take for an alias, in MB. */
async function heap(
  pharos: Pharos,
  index: FleetIndex,
  before: number,
  { report, note }: BenchContext,
): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await pharos.aliases.bind({ site: siteName(0), node: NODE }).ready(READY)
  delay.disable()
  const value = usedMemory() - before
  const maps = plainMaps(index)
  const ceiling = usedMemory() - before - value
  const { scopes } = pharos.aliases.status()
  note(scopes.map(({ scope, aliases }) => `${scope}: ${aliases}`).join(', '))
  report({ figure: 'resolve.heap', value, unit: 'MB', ceiling })
  report({ figure: 'resolve.pause', value: delay.max / 1e6, unit: 'ms', ceiling: partParseMs() })
  return ceiling / [...maps.values()].reduce((sum, { size }) => sum + size, 0)
}

function partParseMs(): number {
  const text = JSON.stringify(columns(null, 'global', PART_ENTRIES, 1))
  const started = performance.now()
  JSON.parse(text)
  return performance.now() - started
}

/**
 * Beside it, on stderr: what the loop takes that does no more than come to the hash of each name, and one `Map` that holds these
 * very spellings with what they stand for, which no code that answers in JavaScript can be quicker than.
 */
function lookups(pharos: Pharos, index: FleetIndex, { report, note }: BenchContext): void {
  const bound = pharos.aliases.bind({ site: siteName(0), node: NODE })
  const maps = plainMaps(index)
  const [node, site, global] = [NODE, 'site', 'global'].map((level) => maps.get(level) ?? new Map<string, object>())
  const nothing = new Map([['no name', {}]])
  for (const [figure, count] of [
    ['resolve.lookup', 10_000],
    ['resolve.lookup_1k', 1_000],
    ['resolve.lookup_100k', 100_000],
  ] as const) {
    const names = askedNames(count, NODE, index)
    const keys = names.map((name) => Buffer.from(nameKey(name)).toString())
    const answers = new Map(names.map((name) => [Buffer.from(name).toString(), bound.resolve(name) ?? null]))
    const [value = 0, ceiling = 0, alone = 0, least = 0] = lookupNanoseconds(count, Math.ceil(LOOKUPS / count), [
      (i) => bound.resolve(names[i] ?? '')?.target,
      (i) => node?.get(keys[i] ?? '') ?? site?.get(keys[i] ?? '') ?? global?.get(keys[i] ?? ''),
      (i) => nothing.get(names[i] ?? ''),
      (i) => answers.get(names[i] ?? '')?.target,
    ])
    if (lastFound() === undefined) throw new Error('no name was found')
    report({ figure, value, unit: 'ns', ceiling })
    note(
      `${count} spellings: the loop alone ${alone.toFixed(0)} ns, a Map of them and their answers ${least.toFixed(0)} ns`,
    )
  }
}

async function shardLoads(
  pharos: Pharos,
  taken: TakenVersion[],
  servers: Servers,
  { report, signal }: BenchContext,
): Promise<void> {
  const raw: number[] = []
  for (let site = 1; site < SITES; site++) {
    signal.throwIfAborted()
    await pharos.aliases.bind({ site: siteName(site) }).ready(READY)
    raw.push(await rawLoad(servers, `site.${siteName(site)}`))
  }
  const loads = taken.filter(({ scope }) => scope.startsWith('site.')).map(({ tookMs }) => tookMs)
  report({ figure: 'resolve.shard_load', value: median(loads), unit: 'ms', ceiling: median(raw) })
}

/** The same with nothing around it: fetched, hashed, unpacked, parsed. */
async function rawLoad({ connection }: Servers, scope: string): Promise<number> {
  const kv = await new Kvm(connection).open('schema')
  const objects = await new Objm(connection).open('alias-index')
  const pointer = aliasIndexPointer.parse((await kv.get(`alias_index.${scope}`))?.json())
  const started = performance.now()
  const stored = await objects.getBlob(pointer.object)
  if (stored === null || createHash('sha256').update(stored).digest('hex') !== pointer.sha256) throw new Error(scope)
  JSON.parse(zstdDecompressSync(stored).toString('utf8'))
  return performance.now() - started
}
