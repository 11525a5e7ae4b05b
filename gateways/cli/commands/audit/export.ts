import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { AUDIT_FORMATS, type AuditFormat, auditLines } from '../../../audit/audit-lines.ts'
import { auditPages } from '../../../audit/audit-pages.ts'
import type { AuditLine } from '../../../../schemas/queries/audit.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { openClient } from '../../platform/open-client.ts'
import { ProgressBar } from '../../tour/progress-bar.ts'
import { auditFilterOf, type AuditFilters, withAuditFilters } from './filters.ts'

interface Options extends AuditFilters {
  readonly format: AuditFormat
  readonly out?: string
}

const PAGE = 500

/** `pharos audit export`: all entries that the filters let through, oldest first, in memory that does not grow. */
export function auditExport(): Command {
  return withAuditFilters(new Command('export'))
    .description('write the audit as NDJSON or CSV, oldest first')
    .addOption(new Option('--format <format>').choices([...AUDIT_FORMATS]).default('ndjson'))
    .option('--out <file>', 'a new file; standard output if left out')
    .action(async ({ format, out, ...filters }: Options) => {
      const signal = interruptSignal()
      const client = await openClient()
      const bar = new ProgressBar('audit export', process.stderr)
      try {
        const filter = auditFilterOf(filters)
        const counted = await client.query('audit.count', filter, { signal })
        if (counted.status !== 'ok') throw new Failure(counted.message)
        const whole = await auditPages((cursor) => {
          const page = { order: 'oldest', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) } as const
          return client.query('audit.list', { ...filter, ...page }, { signal })
        })
        if (whole.status !== 'ok') throw new Failure(whole.message)
        const shown = withProgress(whole.pages, (done) => bar.show(done, Math.max(done, counted.value.total)))
        const sink = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx' })
        await pipeline(Readable.from(auditLines(format, shown)), sink, { signal, end: out !== undefined })
      } finally {
        bar.end()
        await client.close()
      }
    })
}

async function* withProgress(
  pages: AsyncIterable<readonly AuditLine[]>,
  show: (done: number) => void,
): AsyncGenerator<readonly AuditLine[], void> {
  let done = 0
  for await (const page of pages) {
    yield page
    done += page.length
    show(done)
  }
}
