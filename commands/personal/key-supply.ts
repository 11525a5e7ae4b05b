import { createSecretKey } from 'node:crypto'
import { EventStoreUnavailable } from '../event-store.ts'
import { drawRandom } from './draw-random.ts'
import type { KeyBucket, StoredSheet } from './key-bucket.ts'
import { keyIdOn, type KeyName, sheetName } from './key-names.ts'
import type { MasterKeys } from './master-keys.ts'
import type { PersonKey } from './person-key.ts'

/** A message of 64 keys is 6 KB, and costs the server little more than one of a single key. */
const KEYS_OF_SHEET = 64
/** With fewer left than these the next sheet is made, which takes a few milliseconds. */
const FEW = 32

export interface KeySupplyPorts {
  readonly bucket: KeyBucket
  readonly masterKeys: MasterKeys
  /** Told of each sheet when it is stored, before any of its keys is given away. */
  readonly onSheet: (name: KeyName, stored: StoredSheet, made: readonly PersonKey[]) => void
}

/**
 * Keys that nobody has yet: made ahead, a sheet at a time, and stored before they are given away. So a new person waits for
 * nothing, and costs no message of their own. What is left when the process ends is nobody's, and is never used.
 */
export class KeySupply {
  readonly #ports: KeySupplyPorts
  #unused: PersonKey[] = []
  #waiting: PromiseWithResolvers<PersonKey>[] = []
  #isMaking = false
  /** How often all that was left has been given up. */
  #life = 0

  constructor(ports: KeySupplyPorts) {
    this.#ports = ports
  }

  /** A key that nobody else gets; at once, where one is left. Rejects with EventStoreUnavailable when none can be stored. */
  take(): PersonKey | Promise<PersonKey> {
    const key = this.#unused.shift()
    if (this.#unused.length < FEW) void this.#makeMore()
    if (key !== undefined) return key
    const waiting = Promise.withResolvers<PersonKey>()
    this.#waiting.push(waiting)
    return waiting.promise
  }

  /** These were destroyed elsewhere. */
  strike(ids: ReadonlySet<string>): void {
    this.#unused = this.#unused.filter(({ id }) => !ids.has(id))
  }

  /** Nobody knows whether what was stored is still there. */
  giveUp(): void {
    this.#unused = []
    this.#life++
  }

  /** One sheet after the other, until nobody waits. What goes wrong is told to whoever waits then; else the next to come tries again. */
  async #makeMore(): Promise<void> {
    if (this.#isMaking) return
    this.#isMaking = true
    try {
      do await this.#make()
      while (this.#waiting.length > 0)
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    } finally {
      this.#isMaking = false
    }
  }

  #giveOut(made: readonly PersonKey[]): void {
    const served = this.#waiting.splice(0, made.length)
    for (const [i, { resolve }] of served.entries()) resolve(made[i] as PersonKey)
    this.#unused.push(...made.slice(served.length))
  }

  /** A sheet, stored, of which nothing is given out if all was given up meanwhile. */
  async #make(): Promise<void> {
    const { bucket, masterKeys, onSheet } = this.#ports
    const life = this.#life
    const sheet = drawRandom(9).toString('base64url')
    const name = sheetName(sheet)
    const made = Array.from({ length: KEYS_OF_SHEET }, (_, place) => ({
      id: keyIdOn(sheet, place),
      secret: createSecretKey(drawRandom(32)),
    }))
    const keys = made.map((key) => masterKeys.wrap(name, key))
    const stored: StoredSheet = { status: 'sheet', masterKey: masterKeys.current, keys }
    if ((await bucket.write(name, stored, 0)) === undefined)
      throw new EventStoreUnavailable(`there is something at ${name} of the keys already`)
    if (life !== this.#life) return
    onSheet(name, stored, made)
    this.#giveOut(made)
  }
}
