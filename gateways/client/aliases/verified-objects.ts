import type { NatsLink } from '../nats-link.ts'
import type { IndexDirectory } from './index-directory.ts'
import { IndexFault } from './index-fault.ts'
import { NatsObjects } from './nats-objects.ts'
import type { ObjectReference } from './object-reference.ts'
import { verifyObject } from './verify-object.ts'

/** What was fetched waits here to be kept on disk; what would go beyond is fetched again for it. */
const MOST_WAITING_BYTES = 32 * 2 ** 20

/** Objects of one scope, proven: from disk if they are kept there, else from NATS. */
export class VerifiedObjects {
  readonly #scope: string
  readonly #link: NatsLink
  readonly #directory: IndexDirectory | undefined
  readonly #onFault: (fault: IndexFault) => void
  readonly #waiting = new Map<string, Uint8Array>()
  #waitingBytes = 0

  constructor(
    scope: string,
    link: NatsLink,
    directory: IndexDirectory | undefined,
    onFault: (fault: IndexFault) => void,
  ) {
    this.#scope = scope
    this.#link = link
    this.#directory = directory
    this.#onFault = onFault
  }

  /** @throws IndexFault. */
  readonly read = async (reference: ObjectReference, signal: AbortSignal): Promise<Uint8Array> => {
    const near = this.#waiting.get(reference.sha256) ?? (await this.#kept(reference))
    if (near !== undefined) return near
    if (!this.#link.isUp) throw new IndexFault('unreachable', this.#scope, 'not connected to NATS')
    const objects = await NatsObjects.over(await this.#link.connection())
    const stored = await objects.read(reference, this.#scope, signal)
    verifyObject(reference, stored, this.#scope)
    if (this.#directory !== undefined && this.#waitingBytes + stored.byteLength <= MOST_WAITING_BYTES) {
      this.#waiting.set(reference.sha256, stored)
      this.#waitingBytes += stored.byteLength
    }
    return stored
  }

  /** Everything is kept that is to be. */
  forgetWaiting(): void {
    this.#waiting.clear()
    this.#waitingBytes = 0
  }

  /** A damaged file is as good as none: it is told, fetched again, and replaced. */
  async #kept(reference: ObjectReference): Promise<Uint8Array | undefined> {
    try {
      return await this.#directory?.object(reference)
    } catch (error) {
      this.#onFault(IndexFault.of(error, this.#scope, 'directory'))
      await this.#directory?.discard(reference).catch(() => undefined)
      return undefined
    }
  }
}
