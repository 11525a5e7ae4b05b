import test from 'ava'
import { airports } from '../../infra/sample/airports.ts'
import { sampleCommands } from '../../infra/sample/sample-commands.ts'
import { aliasCommandData } from '../../schemas/commands/alias.ts'

test('the sample is 3,376 real sites', async (t) => {
  const sites = await airports()
  t.is(sites.length, 3376)
  t.like(
    sites.find(({ iata }) => iata === 'SEA'),
    { city: 'Seattle', state: 'WA' },
  )
})

test('every sample command is valid, and has an id of its own that stays the same', async (t) => {
  const sites = await airports()
  const commands = [...sampleCommands(sites)]
  for (const { type, data } of commands) aliasCommandData[type].parse(data)
  t.is(new Set(commands.map(({ commandId }) => commandId)).size, commands.length)
  t.deepEqual(commands, [...sampleCommands(sites)])
})
