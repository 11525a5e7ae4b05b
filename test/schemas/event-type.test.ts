import test from 'ava'
import fc from 'fast-check'
import { formatEventType, parseEventType } from '../../schemas/envelope.ts'

const name = fc.constantFrom('alias.registered', 'alias.removed', 'user.changed')

test('an event type says the name and version it was made of, whichever was asked for before', (t) => {
  fc.assert(
    fc.property(fc.array(fc.record({ name, version: fc.integer({ min: 1, max: 3 }) })), (asked) => {
      for (const one of asked) {
        const type = formatEventType(one.name, one.version)
        t.is(type, `pharos.${one.name}.v${one.version}`)
        t.deepEqual(parseEventType(type), one)
      }
    }),
  )
})
