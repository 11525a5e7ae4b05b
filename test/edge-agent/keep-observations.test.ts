import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { AgentConfig } from '../../edge-agent/agent-config.ts'
import { keepObservations } from '../../edge-agent/keep-observations.ts'
import { SyncStatus } from '../../edge-agent/observe/sync-status.ts'
import { StoreFull } from '../../edge-agent/store/stream-store.ts'
import { eventually } from '../support/infrastructure.ts'

test('a store that cannot be opened keeps no agent from starting: it is an alarm until there is room', async (t) => {
  t.timeout(120_000)
  const dir = await mkdtemp(join(tmpdir(), 'pharos-edge-keep-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  // What SQLite can make as little of as of a full disk.
  await mkdir(join(dir, 'engine.db'))
  const config = {
    CENTRAL_URL: 'http://127.0.0.1:9',
    CENTRAL_API_KEY: 'key',
    EDGE_DATA_DIR: dir,
    FOLLOW_CHANNELS: [],
    OUTBOX_ROWS: 10,
    OUTBOX_BYTES: 10_000,
  } as unknown as AgentConfig
  const [status, registry] = [new SyncStatus(), new Registry()]
  const kept = await keepObservations(config, { logger: pino({ level: 'silent' }), registry, status })
  t.teardown(() => kept?.[Symbol.asyncDispose]())
  const observation = { stream: '6f1c1c1e-0000-4000-8000-000000000001', value: '1' }
  t.regex(status.alarms.get('observations_store') ?? '', /cannot be opened.*make room there/)
  t.regex((await kept?.status())?.error ?? '', /cannot be opened/)
  await t.throwsAsync(async () => kept?.record(observation), { instanceOf: StoreFull, message: /cannot be opened/ })
  t.regex(await registry.metrics(), /pharos_edge_platform_linked 0/)

  await rm(join(dir, 'engine.db'), { recursive: true })
  await eventually(() => status.alarms.size === 0, { timeoutMs: 60_000 })
  t.true(await kept?.record(observation))
  t.like(await kept?.status(), { outbox: { waiting: 1 } })
})
