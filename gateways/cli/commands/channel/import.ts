import { Command } from 'commander'
import { parse } from 'csv-parse'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ingestReport } from '../../../../schemas/http/observations.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'
import { openRest } from '../../platform/open-rest.ts'
import { findChannel } from './find-channel.ts'

interface Options {
  readonly channel?: string
  readonly value?: string
  readonly time: string
  readonly utcOffset: string
  readonly where?: string
  readonly json?: true
}

/** `pharos channel import`: observations out of a file. What is there already is recognised, so it may be run again. */
export function channelImport(): Command {
  return new Command('import')
    .description('observations from a file: NDJSON as POST /api/v1/observation takes it, or a column of a CSV')
    .argument('<file>', 'ending in .csv: a table with a header')
    .option('--channel <channel>', 'of a CSV: the channel, by UUID or name')
    .option('--value <column>', 'of a CSV: where values are')
    .option('--time <column>', 'of a CSV: where times are, as RFC 3339, without an offset, or as a date', 'date')
    .option('--utc-offset <offset>', 'of times without one', 'Z')
    .option('--where <column=text>', 'of a CSV: only these rows')
    .option('--json')
    .action(importFile)
}

async function importFile(file: string, options: Options): Promise<void> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) throw new Failure(`there is no file ${file}`)
  const lines = file.endsWith('.csv') ? await csvLines(file, options) : createReadStream(file)
  const rest = await openRest()
  const headers = { 'content-type': 'application/x-ndjson' }
  const body = Readable.toWeb(lines) as ReadableStream<Uint8Array>
  const response = await rest.send('/api/v1/observation', { method: 'POST', body, duplex: 'half', headers })
  const report = ingestReport.parse(await response.json())
  const { accepted, refused, problems } = report
  createOutput(options.json === true).result(report, () =>
    [
      `${accepted} observations sent, ${refused} refused`,
      ...problems.map(({ line, field, message }) => `  ${line}: ${field} ${message}`),
    ].join('\n'),
  )
  if (refused > 0) process.exitCode = 1
}

async function csvLines(file: string, options: Options): Promise<Readable> {
  const { channel, value, time, utcOffset, where } = options
  if (channel === undefined || value === undefined) throw new Failure('a CSV needs --channel and --value')
  await using client = await openClient()
  const { uuid: stream } = await findChannel(client, channel)
  const condition = where === undefined ? undefined : conditionOf(where)
  return Readable.from(lines(), { objectMode: false })

  async function* lines(): AsyncGenerator<string> {
    const rows = parse({ columns: true, skip_empty_lines: true, bom: true })
    const bytes = createReadStream(file)
    bytes.on('error', (error) => rows.destroy(error))
    bytes.pipe(rows)
    try {
      for await (const row of rows as AsyncIterable<Readonly<Record<string, string>>>) {
        if (condition !== undefined && cell(row, condition.column) !== condition.text) continue
        yield `${JSON.stringify({ stream, value: cell(row, value ?? ''), observed_at: whole(cell(row, time), utcOffset) })}\n`
      }
    } catch (cause) {
      throw cause instanceof Failure ? cause : new Failure(`${file} cannot be read`, { cause })
    }
  }

  function cell(row: Readonly<Record<string, string>>, name: string): string {
    const found = row[name]
    if (found === undefined) throw new Failure(`${file} has no column "${name}"`)
    return found
  }
}

function conditionOf(where: string): { readonly column: string; readonly text: string } {
  const at = where.indexOf('=')
  if (at < 1) throw new Failure(`--where must be <column>=<text>, not "${where}"`)
  return { column: where.slice(0, at), text: where.slice(at + 1) }
}

/** A date is its midnight; a time without an offset has the one that was told. */
function whole(time: string, offset: string): string {
  const moment = /^\d{4}-\d\d-\d\d$/.test(time) ? `${time}T00:00:00` : time.replace(' ', 'T')
  return /(?:[Zz]|[+-]\d\d:\d\d)$/.test(moment) ? moment : `${moment}${offset}`
}
