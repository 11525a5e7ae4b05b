import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, credsAuthenticator, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { ulid } from 'ulid'
import type { RefusedCommand } from '../../commands/refusals/refused-command.ts'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { commandPortsOver } from '../../gateways/cli/platform/command-ports.ts'
import { CredentialBook } from '../../gateways/devices/credential-book.ts'
import type { DevicePorts } from '../../gateways/devices/device-ports.ts'
import { type DeviceServiceOptions, startDeviceService } from '../../gateways/devices/device-service.ts'
import { keepRevoked } from '../../gateways/devices/keep-revoked.ts'
import { PayloadCache } from '../../gateways/devices/payload-cache.ts'
import { WakeHints } from '../../gateways/devices/wake-hints.ts'
import { createLogger } from '../../gateways/observability/logger.ts'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamNewestManifests } from '../../infra/jetstream/jetstream-newest-manifests.ts'
import { JetStreamPayloads } from '../../infra/jetstream/jetstream-payloads.ts'
import { JetStreamSyncEvidence } from '../../infra/jetstream/jetstream-sync-evidence.ts'
import { JetStreamPayloadObjects } from '../../infra/jetstream/payload-objects.ts'
import { formatKeyring, newRootKey, rotatedKeyring } from '../../infra/manifest-keys/manifest-keyring.ts'
import { ManifestKeys } from '../../infra/manifest-keys/manifest-keys.ts'
import { AccountResolver } from '../../infra/nats/account-resolver.ts'
import { type DeviceIssuer, deviceJwt, parseDeviceIssuer } from '../../infra/nats/device-issuer.ts'
import { KEY_FILES, readNatsAuthority, writePrivate } from '../../infra/nats/key-files.ts'
import { keepAccounts } from '../../infra/nats/keep-accounts.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { type Nkey, newNkey } from '../../infra/nats/nkey.ts'
import { streams } from '../../infra/streams.ts'
import { type CommandResult } from '../../schemas/command.ts'
import { type DeviceId, deviceId, type Manifest, unsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { actorId } from '../../schemas/ids.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'

const compress = promisify(zstdCompress)

/** What a device has: its key, and the JWT that names it. */
export interface DeviceCreds {
  readonly key: Nkey
  readonly jwt: string
}

export type DeviceWorld = Awaited<ReturnType<typeof deviceWorld>>

interface DeviceWorldOptions extends Pick<DeviceServiceOptions, 'allowances'> {
  readonly now?: () => number
  /** Servers in operator mode that are there, in place of one of its own: the platform connects to `url`. */
  readonly servers?: { readonly url: string; readonly keysDir: string }
}

/** A NATS of its own in operator mode, with everything of the platform that devices meet but Postgres. */
export async function deviceWorld(options: DeviceWorldOptions = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pharos-devices-'))
  const keysDir = options.servers?.keysDir ?? join(dataDir, 'keys')
  let own = options.servers === undefined ? await startEmbeddedNats({ dataDir, durable: false }) : undefined
  const serverUrl = (): string => options.servers?.url ?? own?.url ?? ''
  afterTests(async () => {
    await own?.stop()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  })
  const authority = await readNatsAuthority(keysDir)
  if (authority === undefined) throw new Error('the server has made no keys')
  const issuer = parseDeviceIssuer(await readFile(join(keysDir, KEY_FILES.deviceIssuer), 'utf8'))
  const keyring = rotatedKeyring(newRootKey(), undefined, { at: new Date(), keep: 1 })
  const keyringPath = join(keysDir, KEY_FILES.manifestKeys)
  await writePrivate(keyringPath, formatKeyring(keyring))

  const connection = await connect({
    ...natsConnectOptions(serverUrl()),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  })
  const manager = await jetstreamManager(connection)
  await applyTopology(connection, [...streams])
  const store = await JetStreamEventStore.open(connection)
  const { bus } = await commandPortsOver(store, createCaslPolicy(), { ALIAS_LOOKALIKES: 'refuse' })
  const refused: RefusedCommand[] = []
  const faults: unknown[] = []
  const book = new CredentialBook({ log: store, onError: (error) => faults.push(error) })
  await book.ready
  const ports: DevicePorts = {
    manifests: await JetStreamNewestManifests.open(connection),
    evidence: new JetStreamSyncEvidence(connection),
    keys: await ManifestKeys.open(keyringPath),
    missing: (id) => book.missing(id),
    onRefused: (one) => refused.push(one),
    now: options.now ?? Date.now,
    newId: () => ulid(),
    source: '/test',
  }
  const payloads = new PayloadCache(await JetStreamPayloads.open(connection), { bytes: 32 * 1024 * 1024, abreast: 4 })
  const objects = await JetStreamPayloadObjects.open(connection)
  const logger = createLogger('silent', { write: () => undefined })

  const gateways: (() => Promise<void>)[] = []
  const startService = async (): Promise<() => Promise<void>> => {
    const service = await startDeviceService({
      ...ports,
      ...(options.allowances === undefined ? {} : { allowances: options.allowances }),
      connection,
      devicesAccount: authority.devices,
      book,
      payloads,
      logger,
      version: '1.0.0',
    })
    gateways.push(() => service.stop())
    return () => service.stop()
  }
  await startService()
  const wakes = new WakeHints(connection, (error) => faults.push(error))
  const revoking = new AbortController()
  const claims = await connect({
    servers: new URL(serverUrl()).host,
    authenticator: credsAuthenticator(new TextEncoder().encode(authority.claimsCreds)),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  })
  const resolver = new AccountResolver(claims)
  const revoked = keepRevoked({
    book,
    bus,
    revoke: async (due) => void (await keepAccounts(resolver, authority, due)),
    now: Date.now,
    signal: revoking.signal,
    onError: (error) => faults.push(error),
  })
  afterTests(async () => {
    revoking.abort()
    wakes.stop()
    await Promise.all([revoked, book.stop(), ...gateways.map((stop) => stop())])
    await Promise.all([connection.close(), claims.close()])
  })

  const credentialOf = (id: string): string | undefined => {
    const known = book.of(deviceId.parse(id))
    return known?.status === 'active' ? known.publicKey : undefined
  }
  return {
    connection,
    manager,
    store,
    bus,
    book,
    ports,
    payloads,
    refused,
    faults,
    authority,
    issuer,
    keyring,
    resolver,
    startService,
    /** The server ends and starts again, where it was. */
    async restart(signal: NodeJS.Signals = 'SIGTERM') {
      if (own === undefined) throw new Error('the servers are not of this world')
      process.kill(own.pid, signal)
      await own.stop()
      own = await startEmbeddedNats({ dataDir, port: Number(new URL(own.url).port), durable: false })
    },
    command: (type: string, data: object): Promise<CommandResult> =>
      bus.dispatch({
        type,
        body: { commandId: ulid(), data },
        actor: { id: actorId.parse('ann'), roles: ['admin'] },
      }),
    /** Puts a device into the fleet, at a location. */
    async register(id: string): Promise<void> {
      const known = [
        ['company.register', { companyId: 'acme', name: 'Acme' }],
        ['location.register', { locationId: 'sea', companyId: 'acme', name: 'Seattle' }],
        ['device.register', { deviceId: id, mac: macOf(id), locationId: 'sea' }],
      ] as const
      for (const [type, data] of known) {
        const result = await this.command(type, data)
        const isThere = result.status === 'rejected' && result.code.endsWith('_exists')
        if (result.status !== 'accepted' && !isThere) throw new Error(`${type}: ${JSON.stringify(result)}`)
      }
      await eventually(() => book.find(id) !== undefined, { timeoutMs: 60_000 })
    },
    /** As an administrator does it: a decision in the log, then a JWT. */
    async provision(id: string): Promise<DeviceCreds> {
      if (book.find(id) === undefined) await this.register(id)
      const key = newNkey('user')
      const result = await this.command('device-credential.provision', {
        deviceId: id,
        mac: macOf(id),
        publicKey: key.publicKey,
        apiKeyId: ulid(),
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      })
      if (result.status !== 'accepted') throw new Error(`${id} is not provisioned: ${JSON.stringify(result)}`)
      await eventually(() => credentialOf(id) === key.publicKey, { timeoutMs: 60_000 })
      return { key, jwt: mint(issuer, deviceId.parse(id), key) }
    },
    /** A connection of a device; `undefined` when it is not let in. @param url of the server that it goes to. */
    async login(id: string, { key, jwt }: DeviceCreds, url = serverUrl()): Promise<NatsConnection | undefined> {
      try {
        const device = await connect({
          servers: new URL(url).host,
          authenticator: jwtAuthenticator(jwt, new TextEncoder().encode(key.seed)),
          inboxPrefix: `_INBOX_${id}`,
          reconnect: false,
        })
        afterTests(() => device.close())
        return device
      } catch {
        return undefined
      }
    },
    /** Publishes a signed manifest of these rows for the device, and stores them as one chunk a table. */
    async publish(id: string, tables: Readonly<Record<string, readonly string[]>>): Promise<Manifest> {
      const built = await Promise.all(
        Object.entries(tables).map(async ([name, rows]) => {
          const lines = Buffer.from(rows.join(''))
          const sha256 = createHash('sha256').update(lines).digest('hex')
          if (rows.length > 0) await objects.put(sha256, await compress(lines))
          const chunks = rows.length === 0 ? [] : [{ sha256, rows: rows.length, bytes: lines.length }]
          return { name, rowCount: rows.length, sha256, chunks }
        }),
      )
      const unsigned = unsignedManifest.parse({
        manifestId: ulid(),
        generatedAt: new Date().toISOString(),
        schemaVersion: 1,
        canonVersion: 1,
        epoch: '01K9Z0000000000000000000E1',
        position: 1,
        deviceId: id,
        tables: built,
        sha256: createHash('sha256').update(JSON.stringify(built)).digest('hex'),
        filters: { locationId: 'sea' },
      })
      const manifest = await ManifestKeys.open(keyringPath).then((keys) => keys.signManifest(unsigned))
      await jetstream(connection).publish(`device.${id}.manifest`, JSON.stringify([manifest]))
      return manifest
    },
  }
}

/** Signs whatever it is asked to, as the product's own minting does. */
export function mint(issuer: DeviceIssuer, id: DeviceId, key: Nkey): string {
  const now = Math.floor(Date.now() / 1000)
  return deviceJwt(issuer, { deviceId: id, publicKey: key.publicKey, issuedAt: now, expiresAt: now + 86_400 })
}

/** One MAC for each device. */
export function macOf(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex').slice(0, 10)
  return `02:${hex.match(/../g)?.join(':')}`
}

/** Rows that do not compress, about 100 bytes each. */
export function rowsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${JSON.stringify([`user-${i}`, randomBytes(40).toString('hex')])}\n`)
}
