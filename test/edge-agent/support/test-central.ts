import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import stringify from 'fast-json-stable-stringify'
import { contentHashInput } from '../../../schemas/device-sync/content-hash-input.ts'
import { type Manifest, type UnsignedManifest, unsignedManifest } from '../../../schemas/device-sync/manifest.ts'
import {
  deviceSubjects,
  WAKE,
  fetchHeaders,
  fetchRequest,
  type SyncAck,
  syncAck,
  type SyncRequest,
  syncRequest,
} from '../../../schemas/device-sync/messages.ts'
import { CANON_VERSION } from '../../../schemas/device-sync/rows.ts'
import type { Freshness } from '../../../schemas/device-sync/statements.ts'
import { newUlid } from '../../../schemas/new-ulid.ts'
import { type BuiltContent, hashOf } from './build-content.ts'
import { TestSigner } from './test-signer.ts'

export const EPOCH = '01KAAAAAAAAAAAAAAAAAAAAAAA'
const HOUR = 3_600_000

/** What a test makes central do wrong. What is left out it does right. */
export interface Faults {
  /** The whole answer to a sync. */
  sync?: (answer: Record<string, unknown>) => unknown
  /** Bytes of a piece, and the headers beside them. */
  fetch?: (
    bytes: Buffer,
    piece: { sha256: string; offset: number; whole: Buffer },
  ) => Buffer | Promise<Buffer> | 'silent'
  ack?: (ack: SyncAck) => 'lost' | 'busy' | 'foreign_manifest' | undefined
}

/** Central's side of the device subjects over a real nats-server, for one device. It signs, serves chunks, and keeps acks. */
export class TestCentral {
  readonly signer: TestSigner
  readonly deviceId: string
  readonly requests: SyncRequest[] = []
  readonly acks: SyncAck[] = []
  /** Pieces that were asked for: `<sha256>@<offset>`. */
  readonly fetches: string[] = []
  faults: Faults = {}
  manifest: Manifest | undefined
  /** Epoch milliseconds, of central's clock. */
  now: () => number = Date.now
  #objects = new Map<string, Buffer>()
  #connection: NatsConnection | undefined
  #position = 0

  constructor(deviceId: string, signer = new TestSigner()) {
    this.deviceId = deviceId
    this.signer = signer
  }

  /** Serves from now on; what was published before is still there. */
  async start(connection: NatsConnection): Promise<void> {
    this.#connection = connection
    const { sync, fetch, ack } = deviceSubjects
    for (const [subject, answer] of [
      [sync(this.deviceId), (message: Msg) => this.#sync(message)],
      [fetch(this.deviceId), (message: Msg) => this.#fetch(message)],
      [ack(this.deviceId), (message: Msg) => this.#ack(message)],
    ] as const)
      connection.subscribe(subject, { callback: (_, message) => void answer(message) })
    await connection.flush()
  }

  /** Nobody answers any more. */
  async stop(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
  }

  /** Makes and signs the device's next manifest, and keeps its chunks. The device is not told: see `wake`. */
  publish(content: BuiltContent, change: Partial<UnsignedManifest> = {}): Manifest {
    for (const [sha256, object] of content.objects) this.#objects.set(sha256, object)
    const unsigned = {
      manifestId: newUlid(),
      generatedAt: new Date(this.now()).toISOString(),
      schemaVersion: 1,
      canonVersion: CANON_VERSION,
      epoch: EPOCH,
      position: ++this.#position,
      deviceId: this.deviceId,
      filters: { locationId: 'here' },
      ...change,
      tables: change.tables ?? [...content.tables],
    } as Omit<UnsignedManifest, 'sha256'>
    const sha256 = hashOf(stringify(contentHashInput(unsigned)))
    this.manifest = this.signer.manifest({ ...unsigned, sha256 })
    return this.manifest
  }

  wake(): void {
    this.#connection?.publish(deviceSubjects.wake(this.deviceId), WAKE)
  }

  freshness(change: Partial<Freshness> = {}): string {
    const { manifestId, epoch } = unsignedManifest.loose().parse(this.manifest)
    return this.signer.freshness({
      deviceId: this.deviceId as Freshness['deviceId'],
      manifestId,
      epoch,
      issuedAt: new Date(this.now()).toISOString(),
      expiresAt: new Date(this.now() + HOUR).toISOString(),
      ...change,
    })
  }

  #sync(message: Msg): void {
    const request = syncRequest.parse(message.json())
    this.requests.push(request)
    const { manifest } = this
    const signed = { freshness: manifest === undefined ? '' : this.freshness(), signingKeys: this.signer.signingKeys() }
    const answer =
      manifest === undefined
        ? { status: 'refused', code: 'not_built', message: 'nothing yet' }
        : request.manifestId === manifest.manifestId
          ? { status: 'unchanged', manifestId: manifest.manifestId, ...signed }
          : { status: 'manifest', manifest, ...signed }
    message.respond(JSON.stringify(this.faults.sync?.(structuredClone(answer)) ?? answer))
  }

  async #fetch(message: Msg): Promise<void> {
    const { manifestId, sha256, offset, length } = fetchRequest.parse(message.json())
    this.fetches.push(`${sha256}@${offset}`)
    const whole = this.#objects.get(sha256)
    const right = whole?.subarray(offset, offset + length) ?? Buffer.alloc(0)
    const bytes = (await this.faults.fetch?.(right, { sha256, offset, whole: whole ?? right })) ?? right
    if (bytes === 'silent') return
    const named = this.manifest?.tables.some(({ chunks }) => chunks.some((chunk) => chunk.sha256 === sha256)) === true
    const status =
      manifestId !== this.manifest?.manifestId
        ? 'superseded'
        : !named
          ? 'not_named'
          : whole === undefined
            ? 'gone'
            : offset > whole.length
              ? 'invalid'
              : 'ok'
    const answer = headers()
    answer.set(fetchHeaders.status, status)
    if (whole === undefined || status !== 'ok') return void message.respond('', { headers: answer })
    answer.set(fetchHeaders.totalBytes, String(whole.length))
    answer.set(fetchHeaders.etag, hashOf(whole).slice(0, 12))
    message.respond(bytes, { headers: answer })
  }

  #ack(message: Msg): void {
    const ack = syncAck.parse(message.json())
    const fault = this.faults.ack?.(ack)
    if (fault === 'lost') return
    if (fault !== undefined)
      return void message.respond(JSON.stringify({ status: 'refused', code: fault, message: 'as the test has it' }))
    this.acks.push(ack)
    message.respond(JSON.stringify({ status: 'acknowledged' }))
  }
}
