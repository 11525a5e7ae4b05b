import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandResult } from '../../schemas/command.ts'
import { macAddress } from '../../schemas/mac-address.ts'
import type { FleetKind } from '../../schemas/queries/fleet.ts'
import type { Pharos } from '../client/index.ts'
import type { ImportTable } from './import-tables.ts'

/** What became of a row. */
export type RowOutcome =
  | { readonly became: 'added' | 'changed' | 'unchanged' }
  | { readonly became: 'refused'; readonly code: string; readonly message: string }

export interface RowSender {
  readonly client: Pick<Pharos, 'send' | 'query'>
  readonly dryRun: boolean
  /** Whether the thing is to be imported by another row: a dry run has not written it. */
  readonly isComing: (kind: FleetKind, id: string) => boolean
  readonly signal: AbortSignal
}

type Data = Readonly<Record<string, string | null>>

/** So often a command is given again that others kept from being decided. */
const TRIES = 6
const LONGEST_MS = 2000

/** Makes the fleet say what the row says. Given again it changes nothing, so an import that was cut off can be begun anew. */
export async function importRow(table: ImportTable, data: Data, sender: RowSender): Promise<RowOutcome> {
  const { kind, type } = table
  const result = await send(type, data, sender)
  if (isDone(result)) return { became: kind === undefined && result.events.length === 0 ? 'unchanged' : 'added' }
  if (result.status === 'rejected') {
    if (kind !== undefined && result.code === `${kind}_exists`) return changeThing(table, kind, data, sender)
    if (sender.dryRun && isComing(result.code, data, sender)) return { became: 'added' }
  }
  return refused(result)
}

async function changeThing(table: ImportTable, kind: FleetKind, data: Data, sender: RowSender): Promise<RowOutcome> {
  const id = String(data[`${kind}Id`])
  const known = await sender.client.query(`${kind}.get`, { [`${kind}Id`]: id } as never, { signal: sender.signal })
  if (known.status !== 'ok') return { became: 'refused', code: known.status, message: known.message }
  const standing: object = known.value
  for (const field of table.fixed) {
    const is: unknown = Reflect.get(standing, field)
    if (data[field] !== undefined && data[field] !== is)
      return { became: 'refused', code: 'fixed_field', message: `${field} is "${String(is)}", and stays so` }
  }
  const kept = new Set([`${kind}Id`, ...table.fixed])
  const fields = Object.fromEntries(Object.entries(data).filter(([field]) => !kept.has(field)))
  let hasChanged = false
  const commands = kind === 'device' ? deviceCommands(fields, standing) : [{ type: `${kind}.change`, data: fields }]
  for (const command of commands) {
    if (Object.keys(command.data).length === 0 && command.type.endsWith('.change')) continue
    const result = await send(command.type, { [`${kind}Id`]: id, ...command.data }, sender)
    if (!isDone(result)) {
      if (sender.dryRun && result.status === 'rejected' && isComing(result.code, data, sender)) hasChanged = true
      else return refused(result)
    } else if (result.events.length > 0) hasChanged = true
  }
  return { became: hasChanged ? 'changed' : 'unchanged' }
}

/** A device is changed in three ways: its address, where it stands, and what it is called. */
function deviceCommands({ mac, locationId, ...fields }: Data, standing: object) {
  const at: unknown = Reflect.get(standing, 'locationId')
  const previousMac = String(Reflect.get(standing, 'mac'))
  const commands: { type: string; data: Data }[] = [{ type: 'device.change', data: fields }]
  if (typeof mac === 'string' && macAddress.parse(mac) !== previousMac)
    commands.push({ type: 'device.replace-mac', data: { previousMac, mac } })
  if (locationId === null) commands.push({ type: 'device.unassign', data: {} })
  else if (locationId !== undefined && locationId !== at)
    commands.push({ type: at === null ? 'device.assign' : 'device.move', data: { locationId } })
  return commands
}

/** `company_not_found` in a dry run, of a company that another row brings. */
function isComing(code: string, data: Data, sender: RowSender): boolean {
  const kind = /^(\w+)_not_found$/.exec(code)?.[1] as FleetKind | undefined
  const id = kind === undefined ? undefined : data[`${kind}Id`]
  return kind !== undefined && typeof id === 'string' && sender.isComing(kind, id)
}

async function send(type: string, data: object, { client, dryRun, signal }: RowSender): Promise<CommandResult> {
  for (let tries = 1; ; tries++) {
    const result = await client.send(type, data, { dryRun, signal })
    const isPassing = result.status === 'unavailable' || result.status === 'conflict'
    if (!isPassing || tries === TRIES) return result
    await sleep(Math.random() * Math.min(LONGEST_MS, 50 * 2 ** tries), undefined, { signal })
  }
}

type Done = Extract<CommandResult, { status: 'accepted' | 'duplicate' }>

function isDone(result: CommandResult): result is Done {
  return result.status === 'accepted' || result.status === 'duplicate'
}

function refused(result: Exclude<CommandResult, Done>): RowOutcome {
  const code = result.status === 'rejected' ? result.code : result.status
  return { became: 'refused', code, message: result.message }
}
