import { Command } from 'commander'
import type { FleetKind, FleetView } from '../../../../schemas/queries/fleet.ts'
import type { QueryInput } from '../../../../schemas/queries/query-data.ts'
import { answer } from '../alias/answer-query.ts'
import { details, kindArgument, row } from './things.ts'

interface ListOptions {
  readonly limit: string
  readonly cursor?: string
  readonly json?: true
  readonly [filter: string]: unknown
}

/** Which filter each option of a list is; a filter that a kind does not have is refused by the query. */
const FILTERS: Readonly<Record<string, string>> = {
  company: 'companyId',
  location: 'locationId',
  group: 'groupId',
  user: 'userId',
  seenBy: 'seenBy',
  search: 'search',
  mac: 'mac',
  status: 'status',
}

/** The commands that look at the fleet. */
export function fleetReads(): Command[] {
  return [
    listOptions(new Command('ls').description('things of a kind, by id').addArgument(kindArgument())).action(
      (kind: FleetKind, options: ListOptions) => listThings(kind, options),
    ),
    new Command('show')
      .description('one thing with everything that is known of it')
      .addArgument(kindArgument())
      .argument('<id>')
      .option('--json')
      .action((kind: FleetKind, id: string, options: { json?: true }) => showThing(kind, id, options)),
  ]
}

export function listOptions(command: Command): Command {
  return command
    .option('--company <id>')
    .option('--location <id>')
    .option('--group <id>')
    .option('--user <id>')
    .option('--search <words>', 'with names in which words begin so')
    .option('--seen-by <device>', 'what this device sees of them')
    .option('--limit <n>', 'at most so many', '100')
    .option('--cursor <text>', 'go on where the page before ended')
    .option('--json')
}

export async function listThings(kind: FleetKind, options: ListOptions): Promise<void> {
  const filter = Object.entries(FILTERS).flatMap(([option, name]) =>
    options[option] === undefined ? [] : [[name, options[option]]],
  )
  const data = {
    ...Object.fromEntries(filter),
    limit: Number(options.limit),
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  } as QueryInput<`${FleetKind}.list`>
  await answer(`${kind}.list`, data, jsonOf(options), ({ items, nextCursor }) =>
    [
      ...items.map((thing: FleetView) => row(kind, thing)),
      ...(nextCursor === null ? [] : [`… and more: --cursor ${nextCursor}`]),
    ].join('\n'),
  )
}

export async function showThing(kind: FleetKind, id: string, options: { readonly json?: true }): Promise<void> {
  await answer(`${kind}.get`, { [`${kind}Id`]: id } as QueryInput<`${FleetKind}.get`>, jsonOf(options), details)
}

function jsonOf({ json }: { readonly json?: true }): { readonly json?: true } {
  return json === true ? { json } : {}
}
