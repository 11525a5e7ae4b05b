import { MsgHdrsImpl } from '@nats-io/transport-node'

/**
 * Headers to send, encoded at once. The client's own look for each key among those before, rewrite it letter by letter
 * to check it, and encode by `TextEncoder`: 1.6 µs for the four of a write, where this takes 0.2. They can be sent, not read.
 */
export class EncodedHeaders extends MsgHdrsImpl {
  readonly #text: string

  /** @throws RangeError when a value has a line end: it would begin another header. */
  constructor(entries: readonly (readonly [key: string, value: string])[]) {
    super()
    let text = 'NATS/1.0\r\n'
    for (const [key, value] of entries) {
      if (LINE_END.test(value)) throw new RangeError(`the header ${key} has a line end`)
      text += `${key}: ${value}\r\n`
    }
    this.#text = `${text}\r\n`
  }

  override encode(): Uint8Array {
    return Buffer.from(this.#text)
  }
}

const LINE_END = /[\r\n]/
