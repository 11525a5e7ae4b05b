import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { A, B } from '../gateways/alias-client.ts'
import { AliasIndexPublisher } from '../gateways/alias-index-publisher.ts'
import { startProcess, testNats } from '../support/infrastructure.ts'

const EXAMPLE = new URL('../../docs/examples/resolve-names.ts', import.meta.url)

test('the documented example resolves names and tells of changes', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'pharos-example-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const nats = await testNats(t)
  const site = await AliasIndexPublisher.open(await nats.connect(), { kind: 'site', site: 'KSEA' })
  await site.base([{ node: 'gate-4', name: 'Pump', target: A }])
  const example = await startProcess({
    file: EXAMPLE,
    args: ['KSEA', 'gate-4', 'PUMP', 'Nowhere'],
    env: { NATS_URL: nats.url, PHAROS_NAMES_DIR: directory },
    waitFor: /^Nowhere/,
    timeoutMs: 60_000,
  })
  t.deepEqual(example.lines, [`PUMP: channel ${A} (node)`, 'Nowhere: nothing'])
  await site.change({ set: [{ node: 'gate-4', name: 'Pump', target: B }] })
  t.is(await example.line(/^set/, 60_000), `set Pump (node): ${A} → ${B}`)
  await example.kill('SIGTERM')
  t.deepEqual(await example.ended, { code: 0, signal: null })
})
