import test from 'ava'
import { agentLogger } from '../../edge-agent/observe/agent-logger.ts'

const key = `phk_edge_${'s'.repeat(43)}`
/** Of a NATS key, in form. */
const seed = `SUA${'B'.repeat(55)}`

test('no credential reaches the log of a device, and nobody whose row its Postgres refused', (t) => {
  const lines: string[] = []
  const logger = agentLogger('info', { write: (line) => void lines.push(line) })
  logger.error({ err: new Error('connect postgres://edge:hunter2@localhost/edge failed') }, 'url')
  logger.warn(`Bearer opaque-value and ${key}, and ${seed}`)
  const refused = Object.assign(new Error('duplicate key value violates unique constraint "mail"'), {
    detail: 'Key (email)=(ann@example.org) already exists.',
    where: 'COPY users, line 1: "ann"',
  })
  logger.error({ err: refused }, 'a row')
  const all = lines.join('')
  for (const secret of ['hunter2', 'opaque-value', key, seed, 'ann']) t.false(all.includes(secret), secret)
  t.true(all.includes('unique constraint'))
  t.is(lines.map((line) => JSON.parse(line) as object).length, 3)
})
