import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import { deviceId } from '../../schemas/device-sync/manifest.ts'
import { deviceSubjects, WAKE } from '../../schemas/device-sync/messages.ts'

/** Hints go out at this pace: ten thousand devices that ask at the same moment are a load of our own making. */
const TICK_MS = 50
const PER_TICK = 50
const MANIFESTS = 'device.*.manifest'

/**
 * Tells devices that a new manifest stands for them. A hint that is lost costs nothing but time: devices ask by
 * themselves every few minutes. Of all processes one hears of each manifest.
 */
export class WakeHints {
  readonly #connection: NatsConnection
  readonly #subscription: Subscription
  readonly #due = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(connection: NatsConnection, onError: (error: unknown) => void) {
    this.#connection = connection
    this.#subscription = connection.subscribe(MANIFESTS, {
      queue: 'pharos-wake',
      // An exception in a callback would kill the connection's reader.
      callback: (error, { subject }) => (error === null ? this.#note(subject) : onError(error)),
    })
  }

  stop(): void {
    this.#subscription.unsubscribe()
    clearTimeout(this.#timer)
  }

  #note(subject: string): void {
    const id = deviceId.safeParse(subject.split('.')[1])
    if (!id.success) return
    this.#due.add(id.data)
    this.#timer ??= setTimeout(() => this.#send(), 0)
  }

  #send(): void {
    this.#timer = undefined
    for (const id of [...this.#due].slice(0, PER_TICK)) {
      this.#due.delete(id)
      // While the connection is closing nobody can be told.
      if (!this.#connection.isClosed() && !this.#connection.isDraining())
        this.#connection.publish(deviceSubjects.wake(id), WAKE)
    }
    if (this.#due.size > 0) this.#timer = setTimeout(() => this.#send(), TICK_MS)
  }
}
