import test from 'ava'
import fc from 'fast-check'
import { PackedMessages, unpacked } from '../../projections/audit/packed-messages.ts'
import type { LogMessage } from '../../schemas/log-message.ts'

function packed(messages: readonly LogMessage[]): PackedMessages {
  const all = new PackedMessages()
  for (const message of messages) all.add(message)
  return all
}

test('what is unpacked is what was packed', (t) => {
  const message = fc.record({
    sequence: fc.maxSafeNat(),
    // No lone surrogates: a subject was bytes before.
    subject: fc.string({ unit: 'binary' }),
    data: fc.uint8Array({ maxLength: 2_000 }),
  })
  fc.assert(
    fc.property(fc.array(message), (messages) => {
      const all = packed(messages)
      t.is(all.count, messages.length)
      t.is(all.packed.length, all.bytes)
      t.deepEqual(
        [...unpacked(all.packed)].map(({ data, ...rest }) => ({ ...rest, data: Uint8Array.from(data) })),
        messages,
      )
    }),
  )
})

test('messages beyond the first buffer have room too', (t) => {
  const sizes = [700_000, 700_000, 3_000_000, 0]
  const messages = sizes.map((size, i) => ({ sequence: i, subject: 'évt', data: Buffer.alloc(size, i + 1) }))
  const read = [...unpacked(packed(messages).packed)]
  t.deepEqual(
    read.map(({ sequence, data }) => [
      sequence,
      data.length,
      Buffer.from(data).equals(messages[sequence]?.data ?? data),
    ]),
    sizes.map((size, i) => [i, size, true]),
  )
})

test('bytes that are cut off are no messages', (t) => {
  const all = packed([{ sequence: 1, subject: 'evt.a', data: Buffer.from('{}') }])
  for (let bytes = 1; bytes < all.bytes; bytes++)
    t.throws(() => [...unpacked(all.packed.subarray(0, bytes))], { instanceOf: RangeError })
})
