import test from 'ava'
import fc from 'fast-check'
import stringify from 'fast-json-stable-stringify'
import { auditEntry } from '../../projections/audit/audit-entry.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { envelopeOf } from './alias-events.ts'

const OPTIONAL = new Set([
  'commanddigest',
  'commandindex',
  'commandcount',
  'correlationid',
  'causationid',
  'traceparent',
])

test('details are canonical JSON of all that the message says beside the columns, and of nothing that it does not', (t) => {
  const attributes = fc.record(
    {
      commanddigest: fc.string(),
      commandindex: fc.nat(),
      commandcount: fc.nat(),
      correlationid: fc.string(),
      causationid: fc.string(),
      traceparent: fc.string(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), attributes, (data, said) => {
      const whole = envelopeOf({ type: 'alias.described', data }, { n: 7, subject: 'evt.alias.global.feed' })
      // The log's reader does not check all of it: an attribute may be missing.
      const kept = Object.entries(whole).filter(([name]) => !OPTIONAL.has(name))
      const envelope = { ...Object.fromEntries(kept), ...said } as RecordedEvent['envelope']
      const { details } = auditEntry({ sequence: 7, subject: 'evt.alias.global.feed', envelope })
      t.is(
        details,
        stringify({
          type: envelope.type,
          data: envelope.data,
          eventId: envelope.id,
          commandDigest: said.commanddigest,
          commandIndex: said.commandindex,
          commandCount: said.commandcount,
          correlationId: said.correlationid,
          causationId: said.causationid,
          traceparent: said.traceparent,
        }),
      )
    }),
  )
})
