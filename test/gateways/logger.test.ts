import test from 'ava'
import { createLogger } from '../../gateways/observability/logger.ts'

const key = `phk_ci_${'s'.repeat(43)}`
/** Of a NATS key, in form. */
const seed = `SUA${'B'.repeat(55)}`
const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'

test('no credential reaches a log line, in whatever field or text it stands', (t) => {
  const lines: string[] = []
  const logger = createLogger('info', { write: (line) => void lines.push(line) })
  logger.info({ headers: { authorization: `Bearer ${token}`, 'x-api-key': key }, password: 'hunter2' }, 'headers')
  logger.error({ err: new Error('connect postgres://pharos:hunter2@db:5432/pharos failed') }, 'url')
  logger.warn(`Bearer opaque-value, ${token} and ${key}, and ${seed}`)
  const all = lines.join('')
  t.is(lines.length, 3)
  for (const secret of ['hunter2', key, token, 'opaque-value', 's'.repeat(43), seed])
    t.false(all.includes(secret), secret)
  t.true(all.includes('postgres://pharos:[redacted]@db:5432/pharos'))
  for (const line of lines) t.notThrows(() => JSON.parse(line))
})
