import test from 'ava'
import { z } from 'zod'
import { personalFields, personalFieldsOf } from '../../schemas/events/personal-fields.ts'
import { person, personal } from '../../schemas/personal.ts'
import { eventSchemas } from './event-schemas.ts'

test('every event with personal fields is known by them', (t) => {
  for (const [name, schema] of Object.entries(eventSchemas))
    t.deepEqual(personalFields(name), personalFieldsOf(name, schema), name)
  t.deepEqual(personalFields('user.registered'), { person: 'userId', fields: ['name', 'email', 'phone'] })
  t.deepEqual(personalFields('user.changed')?.fields, ['name', 'email', 'phone'])
  t.is(personalFields('user.erased'), undefined)
  t.is(personalFields('constructor'), undefined)
})

test('a mark that could not be kept is refused', (t) => {
  const userId = person(z.string())
  const name = personal(z.string())
  t.throws(() => personalFieldsOf('x', z.object({ name })), { message: /must mark the one person/ })
  t.throws(() => personalFieldsOf('x', z.object({ userId, otherId: person(z.string()), name })), {
    message: /must mark the one person/,
  })
  t.throws(() => personalFieldsOf('x', z.object({ userId, name, deep: z.object({ email: personal(z.string()) }) })), {
    message: /not at the top/,
  })
})
