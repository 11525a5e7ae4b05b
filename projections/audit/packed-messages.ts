import type { LogMessage } from '../../schemas/log-message.ts'

const START_BYTES = 1024 * 1024
/** Of a message: its sequence, and how long its subject and its data are. */
const HEAD_BYTES = 8 + 4 + 4

/**
 * Messages one after the other in one buffer, which goes to another thread as it is: objects would be copied one by one,
 * which takes as long as to read what they say.
 */
export class PackedMessages {
  #buffer = Buffer.from(new ArrayBuffer(START_BYTES))
  #bytes = 0
  #count = 0

  /** How many there are, and how many bytes they take. */
  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  add({ sequence, subject, data }: LogMessage): void {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    this.#reserve(HEAD_BYTES + 3 * subject.length + data.length)
    const buffer = this.#buffer
    const head = this.#bytes
    const text = head + HEAD_BYTES
    const length = buffer.write(subject, text)
    buffer.writeDoubleLE(sequence, head)
    buffer.writeUInt32LE(length, head + 8)
    buffer.writeUInt32LE(data.length, head + 12)
    buffer.set(data, text + length)
    this.#bytes = text + length + data.length
    this.#count++
  }

  /** What was added, to be given away with its buffer. */
  get packed(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#bytes)
  }

  #reserve(bytes: number): void {
    const needed = this.#bytes + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, 2 * this.#buffer.length)))
    larger.set(this.packed)
    this.#buffer = larger
  }
}

/** The messages that were packed, one by one. @throws RangeError when the bytes are no such messages. */
export function* unpacked(packed: Uint8Array<ArrayBuffer>): Generator<LogMessage, void> {
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
  for (let at = 0; at < buffer.length;) {
    const sequence = buffer.readDoubleLE(at)
    const text = at + HEAD_BYTES
    const data = text + buffer.readUInt32LE(at + 8)
    at = data + buffer.readUInt32LE(at + 12)
    if (at > buffer.length) throw new RangeError('a packed message is cut off')
    yield { sequence, subject: buffer.toString('utf8', text, data), data: buffer.subarray(data, at) }
  }
}
