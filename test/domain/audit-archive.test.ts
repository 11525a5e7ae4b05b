import test from 'ava'
import { auditArchive } from '../../domain/audit/audit-archive.ts'
import type { AuditCommand } from '../../schemas/commands/audit.ts'
import type { AuditEvent } from '../../schemas/events/audit.ts'
import { scenario } from './scenario.ts'

const { given } = scenario(auditArchive, '01J00000000000000000000000')
const archive = (before: string): AuditCommand => ({ type: 'audit.archive', data: { before } })
const archived = (before: string): AuditEvent => ({ type: 'audit.archived', data: { before } })

test('what is past is archived', (t) => {
  given([]).when(archive('2026-01-01T00:00:00.000Z')).then(t, archived('2026-01-01T00:00:00.000Z'))
})

test('up to this moment, but not beyond', (t) => {
  given([]).when(archive('2026-03-01T12:00:00.000Z')).then(t, archived('2026-03-01T12:00:00.000Z'))
  given([]).when(archive('2026-03-01T12:00:00.001Z')).thenRefused(t, 'not_yet')
})

test('only ever more; the same again, or less, changes nothing', (t) => {
  const january = given([archived('2026-01-01T00:00:00.000Z')])
  january.when(archive('2026-02-01T00:00:00.000Z')).then(t, archived('2026-02-01T00:00:00.000Z'))
  january.when(archive('2026-01-01T00:00:00.000Z')).then(t, undefined)
  january.when(archive('2025-01-01T00:00:00.000Z')).then(t, undefined)
})
