import { Command, Option } from 'commander'
import { type ImportOptions, type ImportReport, importFleet } from '../../../fleet-import/import-fleet.ts'
import { type FleetSource, UnreadableSource } from '../../../fleet-import/fleet-source.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'
import { ProgressBar } from '../../tour/progress-bar.ts'
import { csvDirectory } from './csv-directory.ts'
import { readMapping } from './import-mapping.ts'
import { postgresFleet } from './postgres-fleet.ts'

interface Options {
  readonly from?: string
  readonly mapping?: string
  readonly dryRun?: true
  readonly onBadRow: 'stop' | 'skip'
  readonly json?: true
}

/** `pharos fleet import`: a fleet that another database or a directory of files holds. */
export function fleetImport(): Command {
  return new Command('import')
    .description('register and change a whole fleet by a directory of CSV files, or by another Postgres')
    .argument('[directory]', 'with companies.csv, locations.csv, groups.csv, users.csv, areas.csv, devices.csv, …')
    .option('--from <url>', 'a Postgres with such tables; or name it in PHAROS_IMPORT_URL, out of sight of others')
    .option('--mapping <file>', 'JSON: how that database calls our tables and columns')
    .option('--dry-run', 'say what would change, and change nothing')
    .addOption(
      new Option('--on-bad-row <what>', 'import nothing, or the others').choices(['stop', 'skip']).default('stop'),
    )
    .option('--json', 'problems and the report as lines of JSON')
    .action(run)
}

async function run(directory: string | undefined, options: Options): Promise<void> {
  const { dryRun = false, onBadRow, json = false } = options
  const signal = interruptSignal()
  const output = createOutput(json)
  await using resources = new AsyncDisposableStack()
  const source = await sourceOf(directory, options, resources)
  const client = resources.use(await openClient())
  let bar: { table: string; bar: ProgressBar } | undefined
  const onProgress: ImportOptions['onProgress'] = (table, done, total) => {
    if (bar?.table !== table) {
      bar?.bar.end()
      bar = { table, bar: new ProgressBar(table.padEnd(16), process.stderr) }
    }
    bar.bar.show(done, total)
  }
  const onProblem: ImportOptions['onProblem'] = (problem) => {
    const { table, line, code, message } = problem
    if (json) return output.result({ type: 'problem', ...problem }, () => '')
    bar?.bar.end()
    output.note(`${table} line ${line}: ${message} (${code})`)
  }
  const report = await importFleet(source, { client, dryRun, onBadRow, onProblem, onProgress, signal }).catch(explained)
  bar?.bar.end()
  output.result({ type: 'report', ...report }, () => told(report))
  if (report.status === 'refused')
    throw new Failure('rows are bad, so nothing was imported; --on-bad-row skip imports the others')
  if (report.status === 'interrupted') throw new Failure('interrupted; give it again to go on')
}

async function sourceOf(
  directory: string | undefined,
  { from = process.env['PHAROS_IMPORT_URL'], mapping }: Options,
  resources: AsyncDisposableStack,
): Promise<FleetSource> {
  try {
    if (directory !== undefined) {
      if (mapping !== undefined)
        throw new Failure('--mapping is for a database; a CSV file has our columns in its header')
      return await csvDirectory(directory)
    }
    if (from === undefined || from === '') throw new Failure('name a directory, or a database with --from')
    return resources.use(await postgresFleet(from, await readMapping(mapping)))
  } catch (error) {
    return explained(error)
  }
}

function explained(error: unknown): never {
  throw error instanceof UnreadableSource ? new Failure(error.message, { cause: error }) : error
}

function told({ tables, dryRun }: ImportReport): string {
  return Object.entries(tables)
    .map(([table, counts]) => {
      const said = Object.entries(counts).filter(([what, count]) => count > 0 || what === 'added')
      return `${table.padEnd(16)}${dryRun ? 'would be ' : ''}${said.map(([what, count]) => `${count.toLocaleString('en')} ${what}`).join(', ')}`
    })
    .join('\n')
}
