import { Command, Option } from 'commander'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { formatScopeText } from '../../../../schemas/http/format-scope-text.ts'
import { newUlid } from '../../../../schemas/new-ulid.ts'
import type { Scope } from '../../../../schemas/scope.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { openRest } from '../../platform/open-rest.ts'
import { parseScope } from '../../scope-argument.ts'
import { showJob } from './job-messages.ts'
import { resumeCommand } from './resume-command.ts'
import { spoolInput } from './spool-input.ts'

type Format = 'ndjson' | 'csv'
const MEDIA: Record<Format, string> = { ndjson: 'application/x-ndjson', csv: 'text/csv' }
const SCOPES = 'global, site:KSEA, node:KSEA/tower or context:frontend'
const format = () => new Option('--format <format>', 'by the name of the file if left out').choices(['ndjson', 'csv'])

interface ImportOptions {
  readonly format?: Format
  readonly dryRun?: true
  readonly onBadLine: string
  readonly replace?: true
  readonly job?: string
  readonly json?: true
}

interface ExportOptions {
  readonly format?: Format
  readonly scope?: Scope
  readonly prefix?: string
}

interface RollbackOptions {
  readonly scope: Scope
  readonly toVersion?: string
  readonly toPosition?: string
  readonly dryRun?: true
  readonly job?: string
  readonly json?: true
}

/** Aliases as files, and scopes as they were: what goes over the REST API as a stream. */
export function aliasFiles(): Command[] {
  return [
    new Command('import')
      .description('register and change aliases by a file of NDJSON or CSV, as one job')
      .argument('<file>', '"-" is standard input')
      .addOption(format())
      .option('--dry-run', 'say what would change, and change nothing')
      .addOption(
        new Option('--on-bad-line <what>', 'import nothing, or the others').choices(['stop', 'skip']).default('stop'),
      )
      .option('--replace', 'also remove what is in the scopes of the file and not in the file')
      .option('--job <id>', 'go on with an import that was cut off')
      .option('--json', 'each message as one line of JSON')
      .action(importFile),
    new Command('export')
      .description('write aliases as a file that import takes')
      .argument('[file]', 'standard output if left out')
      .addOption(format())
      .option('--scope <scope>', SCOPES, parseScope)
      .option('--prefix <text>', 'names that begin so')
      .action(exportFile),
    new Command('rollback')
      .description('give a site with its nodes, a context or global the aliases that it had')
      .requiredOption('--scope <scope>', 'global, site:KSEA or context:frontend', parseScope)
      .option('--to-version <n>', 'a version of the index')
      .option('--to-position <n>', 'a sequence of the log')
      .option('--dry-run', 'say what would change, and change nothing')
      .option('--job <id>', 'go on with a rollback that was cut off')
      .option('--json', 'each message as one line of JSON')
      .action(rollback),
    new Command('give-up')
      .description('end a job that nobody will go on with, so that the index of its scopes moves again')
      .argument('<job>')
      .option('--json')
      .action(async (job: string, { json }: { json?: true }) => {
        const response = await (
          await openRest()
        ).send(`/api/alias-jobs/${encodeURIComponent(job)}`, { method: 'DELETE' })
        const result: unknown = await response.json()
        createOutput(json === true).result(result, () => `job ${job} is ended`)
      }),
  ]
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const { dryRun, onBadLine, replace, job = newUlid(), json } = options
  const type = MEDIA[options.format ?? formatOf(file)]
  if (file !== '-' && !(await stat(file).catch(() => undefined))?.isFile())
    throw new Failure(`there is no file ${file}`)
  const query = new URLSearchParams({
    jobId: job,
    onBadLine,
    ...(dryRun === true ? { dryRun: 'true' } : {}),
    ...(replace === true ? { replace: 'true' } : {}),
  })
  if (dryRun !== true) createOutput(json === true).note(`job ${job}`)
  const signal = interruptSignal()
  await using lines = file === '-' ? await spoolInput(process.stdin, signal) : undefined
  const response = await (
    await openRest()
  ).send(`/api/aliases/import?${query.toString()}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: Readable.toWeb(createReadStream(lines?.path ?? file)) as ReadableStream<Uint8Array>,
    duplex: 'half',
    signal,
  })
  await showJob(
    response,
    'importing',
    json === true,
    dryRun === true ? undefined : resumeCommand(process.argv.slice(2), job),
  )
}

async function exportFile(file: string | undefined, { scope, prefix, ...options }: ExportOptions): Promise<void> {
  const query = new URLSearchParams({
    ...(scope === undefined ? {} : { scope: formatScopeText(scope) }),
    ...(prefix === undefined ? {} : { prefix }),
  })
  const accept = MEDIA[options.format ?? (file === undefined ? 'ndjson' : formatOf(file))]
  const response = await (
    await openRest()
  ).send(`/api/aliases/export?${query.toString()}`, { headers: { accept }, signal: interruptSignal() })
  const to = file === undefined ? process.stdout : createWriteStream(file, { flags: 'wx' })
  if (response.body === null) throw new Failure('the export has no body')
  await pipeline(Readable.fromWeb(response.body as never), to, { end: file !== undefined })
}

async function rollback(options: RollbackOptions): Promise<void> {
  const { scope, toVersion, toPosition, dryRun, job = newUlid(), json } = options
  if ((toVersion === undefined) === (toPosition === undefined))
    throw new Failure('name either --to-version or --to-position')
  if (dryRun !== true) createOutput(json === true).note(`job ${job}`)
  const response = await (
    await openRest()
  ).send(`/api/alias-index/${encodeURIComponent(formatScopeText(scope))}/rollback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jobId: job,
      ...(toVersion === undefined ? { toPosition: Number(toPosition) } : { toVersion: Number(toVersion) }),
      ...(dryRun === true ? { dryRun: true } : {}),
    }),
    signal: interruptSignal(),
  })
  await showJob(
    response,
    'rolling back',
    json === true,
    dryRun === true ? undefined : resumeCommand(process.argv.slice(2), job),
  )
}

function formatOf(file: string): Format {
  return file.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson'
}
