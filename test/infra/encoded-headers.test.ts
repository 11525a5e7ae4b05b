import test from 'ava'
import { headers, MsgHdrsImpl } from '@nats-io/transport-node'
import { EncodedHeaders } from '../../infra/jetstream/encoded-headers.ts'

test('headers are encoded as the client does', (t) => {
  const entries = [
    ['Nats-Msg-Id', 'a-_b'],
    ['Nats-Expected-Last-Subject-Sequence', '0'],
    ['Nats-Batch-Commit', '1'],
  ] as const
  const expected = headers()
  for (const [key, value] of entries) expected.set(key, value)
  const quick = new EncodedHeaders()
  for (const [key, value] of entries) quick.append(key, value)
  const encoded = quick.encode()
  t.is(Buffer.from(encoded).toString(), Buffer.from((expected as MsgHdrsImpl).encode()).toString())
  t.true(MsgHdrsImpl.decode(encoded).equals(expected as MsgHdrsImpl))
})

test('no value can begin another header', (t) => {
  for (const value of ['a\r\nNats-Msg-Id: b', 'a\n', '\r'])
    t.throws(() => new EncodedHeaders().append('Nats-Msg-Id', value), {
      instanceOf: RangeError,
      message: /Nats-Msg-Id/,
    })
})
