import type { EventStore } from '../../commands/event-store.ts'
import { Backoff } from '../../projections/backoff.ts'
import type { ApiKeyId } from '../../schemas/access.ts'
import { type DeviceId, deviceId } from '../../schemas/device-sync/manifest.ts'
import { parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import type { Missing } from './device-ports.ts'
import { afterDeviceEvent, type KnownDevice } from './known-device.ts'
import type { DeviceCredentialEvent } from '../../schemas/events/device-credential.ts'
import { readDeviceCredentialEvent } from '../../schemas/events/read-device-credential-event.ts'

/** A device's credential as the log has it now. */
export type KnownCredential =
  | (Provisioned & { readonly status: 'active' })
  /** It had one once. */
  | { readonly status: 'revoked' }

type Provisioned = Readonly<Extract<DeviceCredentialEvent, { type: 'device-credential.provisioned' }>['data']>

/** A public key that does not count any more. Times are epoch milliseconds. */
export interface EndedKey {
  readonly publicKey: string
  readonly endedAt: number
  readonly expiresAt: number
}

/** What is still to be done about devices that were decommissioned, and about API keys that were replaced. */
export interface DueRevocations {
  /** With the sequence of the event that decommissioned them. */
  readonly devices: readonly (readonly [DeviceId, number])[]
  readonly apiKeys: readonly ApiKeyId[]
}

export interface CredentialBookOptions {
  readonly log: Pick<EventStore, 'head' | 'readAll'>
  /** The log cannot be read, and is tried again; or one event of it, and that device is then served no more. */
  readonly onError: (error: unknown) => void
}

const SOON_MS = 1_000
const SUBJECTS = ['evt.device-credential.>', 'evt.device.>', 'evt.api-key.>']

/**
 * Every device of the fleet with its credential, in memory, as the log has it: some hundred bytes for each. What was appended is known some
 * milliseconds later; while the log is away the last state counts.
 */
export class CredentialBook {
  readonly #options: CredentialBookOptions
  readonly #devices = new Map<DeviceId, KnownCredential>()
  readonly #byApiKey = new Map<ApiKeyId, DeviceId>()
  readonly #ended = new Map<string, EndedKey>()
  /** Decommissioned devices whose credential counts still. */
  readonly #orphaned = new Map<DeviceId, number>()
  readonly #idleKeys = new Set<ApiKeyId>()
  readonly #fleet = new Map<string, KnownDevice>()
  readonly #byMac = new Map<string, DeviceId>()
  readonly #listeners = new Set<() => void>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #stopping = new AbortController()
  readonly #following: Promise<void>
  #at = 0

  constructor(options: CredentialBookOptions) {
    this.#options = options
    this.#following = this.#follow()
  }

  /** Resolves when all that stood in the log at the beginning is known, or it was stopped. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#ready.resolve()
    await this.#following
  }

  of(id: DeviceId): KnownCredential | undefined {
    return this.#devices.get(id)
  }

  /** The device whose present API key this is. */
  ofApiKey(apiKeyId: ApiKeyId): DeviceId | undefined {
    return this.#byApiKey.get(apiKeyId)
  }

  /** All that were replaced or revoked. */
  endedKeys(): readonly EndedKey[] {
    return [...this.#ended.values()]
  }

  due(): DueRevocations {
    return { devices: [...this.#orphaned], apiKeys: [...this.#idleKeys] }
  }

  /** The device of the fleet that goes by this id or, failing that, by this MAC address in its normal form. */
  find(idOrMac: string): KnownDevice | undefined {
    const byId = this.#fleet.get(idOrMac)
    const id = this.#byMac.get(idOrMac)
    return byId ?? (id === undefined ? undefined : this.#fleet.get(id))
  }

  /** Why there is nothing for a device. */
  missing(id: DeviceId): Missing {
    const known = this.#fleet.get(id)
    if (known === undefined) return 'unknown_device'
    if (known.status === 'decommissioned') return 'decommissioned'
    return known.isPlaced ? 'not_built' : 'not_assigned'
  }

  /** How many devices have a credential, and how many of those end before `at` (epoch milliseconds). */
  count(at: number): { readonly active: number; readonly ending: number } {
    let [active, ending] = [0, 0]
    for (const known of this.#devices.values())
      if (known.status === 'active') {
        active++
        if (Date.parse(known.expiresAt) < at) ending++
      }
    return { active, ending }
  }

  /**
   * What `look` finds in this book, now or within a second: what was appended a moment ago at another process may not be
   * known here yet.
   */
  async soon<Found>(look: () => Found | undefined): Promise<Found | undefined> {
    const found = look()
    if (found !== undefined) return found
    const { promise, resolve } = Promise.withResolvers<Found | undefined>()
    const timer = setTimeout(() => resolve(look()), SOON_MS)
    const unlisten = this.onChange(() => {
      const now = look()
      if (now !== undefined) resolve(now)
    })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      unlisten()
    }
  }

  /** Told after each change, once all is known. @returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #follow(): Promise<void> {
    const { log, onError } = this.#options
    const { signal } = this.#stopping
    const backoff = new Backoff(100, 5_000)
    let isReady = false
    while (!signal.aborted) {
      try {
        const { sequence } = await log.head()
        for await (const event of log.readAll({ ...this.#rest(), untilSequence: sequence })) this.#take(event)
        if (signal.aborted) return
        this.#at = Math.max(this.#at, sequence)
        this.#ready.resolve()
        isReady = true
        this.#tell()
        backoff.reset()
        for await (const event of log.readAll(this.#rest())) {
          this.#take(event)
          if (isReady) this.#tell()
        }
      } catch (error) {
        if (!signal.aborted) onError(error)
      }
      await backoff.wait(signal)
    }
  }

  #rest() {
    return { fromSequence: this.#at + 1, subjects: SUBJECTS, signal: this.#stopping.signal }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  #take(recorded: RecordedEvent): void {
    const [, aggregate] = recorded.subject.split('.')
    try {
      if (aggregate === 'device-credential') this.#credential(recorded)
      else if (aggregate === 'api-key') this.#apiKey(recorded)
      else this.#device(recorded)
    } catch (error) {
      this.#options.onError(error)
      const id = deviceId.safeParse(recorded.subject.split('.')[2])
      // Newer than this code, or damaged: nobody knows whether the device may come in, so it may not.
      if (aggregate === 'device-credential' && id.success) this.#end(id.data, recorded)
    }
    this.#at = recorded.sequence
  }

  #credential(recorded: RecordedEvent): void {
    const { type, data } = readDeviceCredentialEvent(recorded.envelope)
    this.#end(data.deviceId, recorded)
    if (type === 'device-credential.revoked') return
    this.#devices.set(data.deviceId, { status: 'active', ...data })
    this.#byApiKey.set(data.apiKeyId, data.deviceId)
    this.#idleKeys.delete(data.apiKeyId)
  }

  /** What the device had does not count any more. */
  #end(id: DeviceId, { envelope }: RecordedEvent): void {
    const before = this.#devices.get(id)
    this.#devices.set(id, { status: 'revoked' })
    this.#orphaned.delete(id)
    if (before?.status !== 'active') return
    const { publicKey, apiKeyId, expiresAt } = before
    this.#byApiKey.delete(apiKeyId)
    this.#idleKeys.add(apiKeyId)
    if (publicKey === undefined) return
    const ended = { publicKey, endedAt: Date.parse(envelope.time), expiresAt: Date.parse(expiresAt) }
    this.#ended.set(publicKey, ended)
  }

  #apiKey({ envelope, subject }: RecordedEvent): void {
    if (parseEventType(envelope.type).name === 'api-key.revoked')
      this.#idleKeys.delete((subject.split('.')[2] ?? '') as ApiKeyId)
  }

  #device({ envelope, subject, sequence }: RecordedEvent): void {
    const id = deviceId.parse(subject.split('.')[2])
    if (parseEventType(envelope.type).name === 'device.decommissioned' && this.#devices.get(id)?.status === 'active')
      this.#orphaned.set(id, sequence)
    const before = this.#fleet.get(id)
    const device = afterDeviceEvent(before, envelope)
    if (device === undefined) return
    this.#fleet.set(id, device)
    if (before !== undefined && this.#byMac.get(before.mac) === id) this.#byMac.delete(before.mac)
    if (device.status === 'registered') this.#byMac.set(device.mac, id)
    const credential = this.#devices.get(id)
    // It goes by another address from here on, with the credential that it has.
    if (credential?.status === 'active') this.#devices.set(id, { ...credential, mac: device.mac })
  }
}
