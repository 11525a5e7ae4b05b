import { parse } from 'csv-parse/sync'
import test from 'ava'
import { type AuditFormat, auditLines } from '../../gateways/audit/audit-lines.ts'
import { auditPages } from '../../gateways/audit/audit-pages.ts'
import type { AuditLine } from '../../schemas/queries/audit.ts'

const line: AuditLine = {
  id: -7,
  stream: 'AUDIT',
  position: 7,
  action: 'alias.register',
  actor: 'ada',
  status: 'rejected',
  subject: 'audit.alias.register',
  commandId: '01J00000000000000000000000',
  details: { data: { message: 'a "quoted",\r\nmessage' } },
  createdAt: '2026-03-01T12:00:00.000Z',
  isArchived: false,
  archivedAt: null,
  prevHash: 'a',
  hash: 'b',
}

async function written(format: AuditFormat, ...pages: readonly (readonly AuditLine[])[]): Promise<string> {
  async function* all() {
    yield* pages
  }
  let text = ''
  for await (const piece of auditLines(format, all())) text += piece
  return text
}

test('NDJSON is one entry a line', async (t) => {
  const text = await written('ndjson', [line, line], [], [line])
  t.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one)),
    [line, line, line],
  )
})

test('CSV is read back as it was, quotes and line ends within', async (t) => {
  const rows: Record<string, string>[] = parse(await written('csv', [line], [{ ...line, id: 8 }]), { columns: true })
  t.deepEqual(
    rows.map(({ id }) => id),
    ['-7', '8'],
  )
  t.deepEqual(JSON.parse(rows[0]?.['details'] ?? ''), line.details)
  t.like(rows[0], { created_at: line.createdAt, is_archived: 'false', archived_at: '', prev_hash: 'a' })
})

for (const actor of ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx'])
  test(`an actor called ${JSON.stringify(actor)} is no formula in a spreadsheet`, async (t) => {
    const rows: Record<string, string>[] = parse(await written('csv', [{ ...line, actor }]), { columns: true })
    t.is(rows[0]?.['actor'], `'${actor}`)
  })

test('pages are asked for one by one, and what is refused is known before the first', async (t) => {
  const asked: (string | undefined)[] = []
  const whole = await auditPages(async (cursor) => {
    asked.push(cursor)
    const nextCursor = cursor === undefined ? 'a' : cursor === 'a' ? 'b' : null
    return { status: 'ok', position: '01J00000000000000000000000-1', value: { entries: [line], nextCursor } }
  })
  t.deepEqual(asked, [undefined])
  t.is(whole.status, 'ok')
  if (whole.status !== 'ok') return
  for await (const page of whole.pages) t.is(page.length, 1)
  t.deepEqual(asked, [undefined, 'a', 'b'])
  t.deepEqual(await auditPages(async () => ({ status: 'forbidden', message: 'no' })), {
    status: 'forbidden',
    message: 'no',
  })
})
