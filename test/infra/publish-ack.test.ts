import test from 'ava'
import { parsePublishAck } from '../../infra/jetstream/publish-ack.ts'

// Bodies as nats-server 2.15.1 sends them.
const error = (err_code: number, description: string, code = 400) => ({
  error: { code, err_code, description },
  stream: 'EVENTS',
  seq: 0,
})

test('an acknowledgement tells where the last message stands', (t) => {
  t.deepEqual(parsePublishAck({ stream: 'EVENTS', seq: 5 }), { status: 'stored', sequence: 5, count: 1 })
  const batch = { stream: 'EVENTS', seq: 9, batch: 'x', count: 3 }
  t.deepEqual(parsePublishAck(batch), { status: 'stored', sequence: 9, count: 3 })
  t.deepEqual(parsePublishAck({ stream: 'EVENTS', seq: 5, duplicate: true }), { status: 'known', sequence: 5 })
})

test('a wrong last sequence is one, whichever of its two codes it has', (t) => {
  t.is(parsePublishAck(error(10071, 'wrong last sequence: 1')).status, 'contested')
  t.is(parsePublishAck(error(10164, 'wrong last sequence')).status, 'contested')
})

test('a message id that a batch repeats is looked up too', (t) => {
  t.is(parsePublishAck(error(10201, 'atomic publish batch contains duplicate message id')).status, 'contested')
})

test('what can pass is worth another try', (t) => {
  for (const body of [
    error(10210, 'atomic publish too many inflight', 429),
    error(10176, 'atomic publish batch is incomplete'),
    error(10158, 'duplicate message id is in process'),
    { error: { code: 503, description: 'no code' } },
    { error: {} },
    { stream: 'EVENTS', seq: 0, duplicate: true },
    { stream: 'EVENTS' },
    'what?',
  ]) {
    t.is(parsePublishAck(body).status, 'busy', JSON.stringify(body))
  }
})

test('what can never succeed says so', (t) => {
  t.deepEqual(parsePublishAck(error(10174, 'atomic publish is disabled')), {
    status: 'impossible',
    reason: 'atomic publish is disabled (10174)',
  })
})
