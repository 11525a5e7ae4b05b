import test from 'ava'
import { subjectMatches } from '../../commands/subject-matches.ts'

test('a filter selects as a NATS server does', (t) => {
  const matching = [
    ['>', 'evt'],
    ['evt.>', 'evt.alias.a'],
    ['evt.*.a', 'evt.alias.a'],
    ['evt.alias.a', 'evt.alias.a'],
  ] as const
  for (const [filter, subject] of matching) t.true(subjectMatches(filter, subject), `${filter} ${subject}`)
  const others = [
    ['evt.>', 'evt'],
    ['evt.*', 'evt.alias.a'],
    ['evt.alias.a', 'evt.alias'],
    ['evt.alias', 'evt.alias.a'],
    ['evt.alias.*', 'evt.channel.a'],
  ] as const
  for (const [filter, subject] of others) t.false(subjectMatches(filter, subject), `${filter} ${subject}`)
})
