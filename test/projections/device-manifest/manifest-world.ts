import { zstdDecompressSync } from 'node:zlib'
import { Objm } from '@nats-io/obj'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { Client } from 'pg'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { JetStreamManifests } from '../../../infra/jetstream/jetstream-manifests.ts'
import { JetStreamPayloadObjects } from '../../../infra/jetstream/payload-objects.ts'
import { streams } from '../../../infra/streams.ts'
import { fleet } from '../../../projections/fleet/fleet.ts'
import { buildRound, type RoundResult } from '../../../projections/device-manifest/build-round.ts'
import { ChunkStore } from '../../../projections/device-manifest/chunk-store.ts'
import { collectPayloads, KEEP_PAYLOADS_MS } from '../../../projections/device-manifest/collect-payloads.ts'
import type { ManifestPorts } from '../../../projections/device-manifest/manifest-ports.ts'
import { reconcileManifests } from '../../../projections/device-manifest/reconcile-manifests.ts'
import { RetryLater } from '../../../projections/retry-later.ts'
import { deviceId, type Manifest, manifestId } from '../../../schemas/device-sync/manifest.ts'
import { PAYLOADS_BUCKET, payloadObjectName } from '../../../schemas/device-sync/payload-objects.ts'
import { CANONICAL_SESSION } from '../../../schemas/device-sync/rows.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'
import { afterTests, testNats } from '../../support/infrastructure.ts'
import { ProjectionWorld } from '../projection-world.ts'
import { testSigner } from './test-signer.ts'

type Built = Parameters<Required<ManifestPorts['reports']>['built']>[0]

/** Fleet tables, a ledger, a bucket and a stream of their own, and the builder step by step. */
export class ManifestWorld {
  readonly built: Built[] = []
  readonly alarms: string[] = []
  readonly connection: NatsConnection
  readonly tables: ProjectionWorld
  /** Session with the fleet's tables as bare names. */
  readonly fleet: Client
  readonly ledger: Client
  readonly ports: ManifestPorts
  readonly #reader: Client
  /** The clock, epoch milliseconds. */
  now = Date.parse('2026-01-01T00:00:00Z')
  store: ChunkStore
  retry = new RetryLater([])
  #builtUntil = { epoch: '', position: -1 }

  private constructor(
    parts: Pick<ManifestWorld, 'connection' | 'tables' | 'fleet' | 'ledger'> & {
      readonly reader: Client
      readonly objects: ManifestPorts['objects']
      readonly manifests: ManifestPorts['manifests']
    },
  ) {
    this.connection = parts.connection
    this.tables = parts.tables
    this.fleet = parts.fleet
    this.ledger = parts.ledger
    this.#reader = parts.reader
    this.store = new ChunkStore(parts.objects, parts.ledger)
    this.ports = {
      objects: parts.objects,
      manifests: parts.manifests,
      signer: testSigner,
      reports: {
        built: (location) => void this.built.push(location),
        alarm: ({ locationId }) => void this.alarms.push(locationId),
      },
      now: () => this.now,
      newManifestId: () => manifestId.parse(newUlid()),
    }
  }

  static async create(t: { readonly title: string }): Promise<ManifestWorld> {
    const nats = await testNats(t)
    const connection = await nats.connect()
    await applyTopology(connection, streams)
    const tables = await ProjectionWorld.create(t)
    const session = async (settings: Readonly<Record<string, string>>): Promise<Client> => {
      const client = new Client(tables.database)
      client.on('error', () => undefined)
      await client.connect()
      afterTests(() => client.end())
      for (const [name, value] of Object.entries(settings))
        await client.query('select set_config($1, $2, false)', [name, value])
      return client
    }
    return new ManifestWorld({
      connection,
      tables,
      fleet: await fleetSession(tables),
      ledger: await session({ search_path: 'pharos_device_manifest', timezone: 'UTC' }),
      reader: await session(CANONICAL_SESSION),
      objects: await JetStreamPayloadObjects.open(connection),
      manifests: await JetStreamManifests.open(connection),
    })
  }

  /** Changes the fleet as its projector would: rows, marks of what sees them, and the checkpoint, in one transaction. */
  async change(sql: string, ...dirty: readonly string[]): Promise<void> {
    await this.fleet.query('begin')
    await this.fleet.query('update checkpoint set position = position + 1')
    await this.fleet.query(sql)
    await this.fleet.query(
      `insert into dirty_scopes (scope, position)
       select scope, checkpoint.position from unnest($1::text[]) as scope cross join checkpoint
       on conflict (scope) do update set position = excluded.position`,
      [dirty],
    )
    await this.fleet.query('commit')
  }

  /** Builds until all that can be built is. */
  async round(): Promise<RoundResult | undefined> {
    const { ports, ledger, store, retry } = this
    const signal = new AbortController().signal
    const context = { ports, ledger, store, retry, signal, alive: async () => undefined, reader: this.#reader }
    let result = await buildRound(context, this.#builtUntil)
    while (result?.isAllBuilt === false) result = await buildRound(context, this.#builtUntil)
    if (result !== undefined) this.#builtUntil = result
    return result
  }

  /** What the beginning of a tenure does: nothing is known but what is written. */
  async newTenure(): Promise<number> {
    this.store = new ChunkStore(this.ports.objects, this.ledger)
    this.retry = new RetryLater([])
    this.#builtUntil = { epoch: '', position: -1 }
    const still = { signal: new AbortController().signal, alive: async () => undefined }
    return reconcileManifests(this.ledger, this.ports.manifests, still)
  }

  async collect(
    keepMs = KEEP_PAYLOADS_MS,
    alive = async (): Promise<void> => undefined,
  ): Promise<{ readonly removed: number; readonly missing: number }> {
    const { ports, ledger, store, now } = this
    const signal = new AbortController().signal
    const result = await collectPayloads({
      ledger,
      objects: ports.objects,
      store,
      now,
      keepMs,
      signal,
      alive,
    })
    if (result.missing > 0) this.#builtUntil = { epoch: '', position: -1 }
    return result
  }

  async manifestOf(device: string): Promise<Manifest | undefined> {
    return (await this.ports.manifests.read(deviceId.parse(device)))?.manifests[0]
  }

  /** The rows of a table as the device's manifest says, out of the bucket. */
  async rowsOf(device: string, table: string): Promise<readonly (readonly (string | null)[])[]> {
    const manifest = await this.manifestOf(device)
    const chunks = manifest?.tables.find(({ name }) => name === table)?.chunks ?? []
    const bytes = await Promise.all(chunks.map(({ sha256 }) => this.object(sha256)))
    return Buffer.concat(bytes)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line): (string | null)[] => JSON.parse(line))
  }

  /** A chunk as a device gets it, unpacked. */
  async object(sha256: string): Promise<Buffer> {
    const bucket = await new Objm(jetstream(this.connection)).open(PAYLOADS_BUCKET)
    const blob = await bucket.getBlob(payloadObjectName(sha256))
    return zstdDecompressSync(blob ?? new Uint8Array())
  }
}

/** The fleet's tables as its projector makes them, with defaults that spare tests what is not their matter. */
async function fleetSession(tables: ProjectionWorld): Promise<Client> {
  const client = await tables.session(fleet)
  for (const table of ['companies', 'locations', 'groups', 'users', 'areas', 'devices'])
    await client.query(`
      alter table ${table} alter revision set default 1, alter created_at set default '2026-01-01',
        alter updated_at set default '2026-01-01'`)
  await client.query(`alter table devices alter status set default 'active'`)
  return client
}
