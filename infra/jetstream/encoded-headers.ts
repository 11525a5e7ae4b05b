import { MsgHdrsImpl } from '@nats-io/transport-node'

/**
 * Headers to send, encoded at once. The client's own look for each key among those before, rewrite it letter by letter
 * to check it, and encode by `TextEncoder`: 1.6 µs for the four of a write, where this takes 0.2. They can be sent, not read.
 */
export class EncodedHeaders extends MsgHdrsImpl {
  #text = 'NATS/1.0\r\n'

  /** @throws RangeError when the value has a line end: it would begin another header. */
  override append(key: string, value: string): void {
    if (LINE_END.test(value)) throw new RangeError(`the header ${key} has a line end`)
    this.#text += `${key}: ${value}\r\n`
  }

  override encode(): Uint8Array {
    return Buffer.from(`${this.#text}\r\n`)
  }
}

const LINE_END = /[\r\n]/
