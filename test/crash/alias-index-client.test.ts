import test from 'ava'
import type { CommandResult } from '../../gateways/client/index.ts'
import { eventually } from '../support/infrastructure.ts'
import { aliasClient, PATIENT } from '../gateways/alias-client.ts'
import { testInstallation } from './installation.ts'

const SITE = { kind: 'site', site: 'K: *' } as const
const NODE = { kind: 'node', site: 'K: *', node: 'n>/1' } as const

test('what commands do reaches the memory of a bound client through the published index', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  await installation.serve('commands')
  await installation.serve('projections')
  const client = await installation.client(60_000)
  const { aliases, faults } = await aliasClient(installation.natsUrl)
  const bound = aliases.bind({ site: SITE.site, node: NODE.node })
  await bound.ready(PATIENT)
  const heard: string[] = []
  bound.onAlias(({ change, name }) => heard.push(`${change} ${name}`))
  const register = async (name: string, scope: typeof SITE | typeof NODE): Promise<string> =>
    positionOf(
      await client.command('alias.register', {
        scope,
        name,
        target: { kind: 'channel', channelId: crypto.randomUUID() },
      }),
    )

  await register('Pump 💧', SITE)
  await bound.ready({ ...PATIENT, minPosition: await register('Pump 💧', NODE) })
  t.is(bound.resolve('PUMP 💧')?.scope.kind, 'node')
  for (let i = 0; i < 60; i++) await register(`x ${i}`, SITE)
  await eventually(() => bound.resolve('X 59'), PATIENT)
  await bound.ready({
    ...PATIENT,
    minPosition: positionOf(await client.command('alias.remove', { scope: SITE, name: 'x 1' })),
  })
  t.is(bound.resolve('x 1'), undefined)
  t.true(heard.includes('removed x 1'))
  t.is(bound.status().scopes[0]?.aliases, 61)
  t.deepEqual(faults, [])
})

function positionOf(result: CommandResult): string {
  if (result.status !== 'accepted') throw new Error(JSON.stringify(result))
  return result.position
}
