import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { type KV, Kvm, KvWatchInclude } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { encodeEvent } from '../../commands/encode-event.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { connectPharos } from '../../gateways/client/index.ts'
import { AliasIndexObjects } from '../../infra/jetstream/alias-index-objects.ts'
import { AliasIndexPointers } from '../../infra/jetstream/alias-index-pointers.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { indexScopeKey, indexScopeOf } from '../../schemas/alias-index.ts'
import { channelId } from '../../schemas/ids.ts'
import type { BenchContext } from '../bench.ts'
import { percentile } from '../measure/percentile.ts'
import { startServer } from '../servers/start-server.ts'
import type { Servers } from '../servers/with-servers.ts'
import { fillFleet, fleetName } from './fleet-names.ts'
import { PointerWatch } from './pointer-watch.ts'

const SECRET_KEY = 'only-for-this-bench-on-this-machine'
/** Changes before anything is measured: code is compiled then, and statements are prepared. */
const WARM_UP = 200
/** A base is written anew when its deltas are this fraction of it: so often its bytes are shared out per name changed. */
const BASES_PER_NAME = 8
const RAW_BYTES = 600

export interface Visibility {
  readonly p99: number
  readonly rawP99: number
  readonly bytesPerChange: number
}

/** Changes one alias at a time through the command gateway, each when the one before is visible, in turns with raw puts. */
export async function visibility(
  servers: Servers,
  { names, changes }: { readonly names: number; readonly changes: number },
  context: BenchContext,
): Promise<Visibility> {
  const { note, signal } = context
  const { connection } = servers
  const store = await JetStreamEventStore.open(connection)
  await fillFleet(store, Math.ceil(names / 1000) * 1000, signal)
  note('the log is written')
  await using _server = await startServer(servers, context, SECRET_KEY, ['commands', 'projections'])
  const pointers = await AliasIndexPointers.open(connection)
  const { sequence } = await store.head()
  while (((await pointers.readProgress())?.value?.position ?? 0) < sequence) await sleep(500, undefined, { signal })
  note('the index is published')
  const kv = await new Kvm(connection).open('schema')
  const objects = await AliasIndexObjects.open(connection)
  const watch = await PointerWatch.begin(kv, objects)
  const raw = await rawPut(kv)
  const secret = secretKeyBytes(SECRET_KEY)
  const claims = { roles: ['admin'], ttlSeconds: 86_400, issuer: 'pharos', audience: 'pharos', at: Date.now() } as const
  const token = await issueToken(secret, { sub: 'bench', ...claims })
  const { servers: urls, ...natsOptions } = natsConnectOptions(servers.natsUrl)
  await using client = await connectPharos({ servers: urls, natsOptions, token })

  const change = async (number: number): Promise<number> => {
    const { scope, name } = fleetName(number % names)
    const target = { kind: 'channel', channelId: channelId.parse(randomUUID()) } as const
    const started = performance.now()
    const result = await client.command('alias.retarget', { scope, name, target })
    if (result.status !== 'accepted') throw new Error(`the command was answered ${JSON.stringify(result)}`)
    return (await watch.visible(indexScopeKey(indexScopeOf(scope)), result.revision)) - started
  }
  for (let n = 0; n < WARM_UP; n++) await change(n * STEP)
  const before = await written(connection, watch, store)
  const [visible, puts]: [number[], number[]] = [[], []]
  for (let n = 0; n < changes; n++) {
    signal.throwIfAborted()
    visible.push(await change((n + WARM_UP) * STEP))
    puts.push(await raw())
  }
  const after = await written(connection, watch, store)
  const share = (BASES_PER_NAME * (await baseBytes(pointers, objects))) / names
  const each = (of: 'objects' | 'pointers' | 'claims'): number => (after[of] - before[of]) / changes
  note(
    `bytes per change: objects ${each('objects').toFixed(0)}, their bases ${share.toFixed(0)}, pointers ${each('pointers').toFixed(0)}, claims ${each('claims').toFixed(0)}; visible p50 ${percentile(visible, 0.5).toFixed(1)} ms`,
  )
  return {
    p99: percentile(visible, 0.99),
    rawP99: percentile(puts, 0.99),
    bytesPerChange: each('objects') + share + each('pointers') + each('claims'),
  }
}

const STEP = 7_368_787

/** Milliseconds from a put of a value as large as a pointer until a watcher has it. */
async function rawPut(kv: KV): Promise<() => Promise<number>> {
  let arrived = Promise.withResolvers<void>()
  const entries = await kv.watch({ key: 'raw', include: KvWatchInclude.UpdatesOnly })
  void (async () => {
    for await (const _ of entries) arrived.resolve()
  })()
  const value = new Uint8Array(RAW_BYTES)
  return async () => {
    arrived = Promise.withResolvers()
    const started = performance.now()
    await kv.put('raw', value)
    await arrived.promise
    return performance.now() - started
  }
}

/** All current bases with their parts. */
async function baseBytes(pointers: AliasIndexPointers, objects: AliasIndexObjects): Promise<number> {
  let bytes = 0
  for await (const [, { value }] of pointers.all()) bytes += (await objects.label(value.object))?.totalBytes ?? 0
  return bytes
}

/** What was stored for the index so far, as the streams and the watcher have it. */
async function written(connection: NatsConnection, watch: PointerWatch, store: JetStreamEventStore) {
  const { state } = await (await jetstreamManager(connection)).streams.info('OBJ_alias-index')
  let claims = 0
  const { sequence: untilSequence } = await store.head()
  const range = { fromSequence: 1, untilSequence, subjects: ['evt.alias-index.>'] }
  for await (const { subject, envelope } of store.readAll({ ...range, signal: AbortSignal.timeout(60_000) }))
    claims += subject.length + encodeEvent(envelope, 1024 * 1024).length
  return { objects: state.bytes, pointers: watch.bytes, claims }
}
