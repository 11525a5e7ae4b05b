import test from 'ava'
import { projectors } from '../../gateways/cli/platform/projectors.ts'
import { subjectMatches } from '../../commands/subject-matches.ts'

test('whoever reads in the clear what is known of people says which columns show it', (t) => {
  const readers = projectors.filter(({ subjects, sealed, stream }) => {
    const isAboutPeople = subjects.some((filter) => subjectMatches(filter, 'evt.user.ann'))
    return stream === undefined && sealed !== true && isAboutPeople
  })
  t.deepEqual(
    readers.map(({ name, personal }) => [name, personal]),
    [['fleet', { users: ['name', 'email', 'phone'] }]],
    'tables that are not named here are not rewritten after an erasure',
  )
})
