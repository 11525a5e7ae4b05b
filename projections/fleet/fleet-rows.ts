import type { FleetEvent } from '../../schemas/events/fleet.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { isoTime } from '../alias-row.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Table } from '../table.ts'
import { THINGS } from './fleet-tables.ts'

export type Kind = keyof typeof THINGS
type Row = Readonly<Record<string, string | number | null>>

/** An event of the fleet with its place. */
export interface FleetChange {
  readonly event: FleetEvent
  readonly recorded: RecordedEvent
}

/** The rows of one kind that a batch is about, on their way through it. `undefined`: there is none (any more). */
export class FleetRows {
  readonly #kind: Kind
  readonly #rows = new Map<string, Row | undefined>()
  /** Of those that stood in the table. */
  readonly #stood: readonly string[]

  private constructor(kind: Kind, rows: readonly Row[]) {
    this.#kind = kind
    const { key } = THINGS[kind]
    for (const row of rows) this.#rows.set(String(row[key]), row)
    this.#stood = [...this.#rows.keys()]
  }

  /** What stands of the things that do not begin in the batch. */
  static async load(kind: Kind, changes: readonly FleetChange[], transaction: ProjectionTransaction) {
    const first = new Map<string, FleetEvent>()
    for (const { event } of changes) {
      const id = idOf(kind, event)
      if (!first.has(id)) first.set(id, event)
    }
    const ids = [...first].filter(([, { type }]) => !type.endsWith('.registered')).map(([id]) => id)
    return new FleetRows(kind, ids.length === 0 ? [] : await transaction.query<Row>(selectRows(kind), [ids]))
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id)
  }

  /** @throws Error when the event is about something that is not there. */
  apply({ event, recorded }: FleetChange): void {
    const id = idOf(this.#kind, event)
    const row = this.#rows.get(id)
    if (row === undefined && !event.type.endsWith('.registered') && !ENDS.has(event.type))
      throw new Error(`${event.type} of the ${this.#kind} "${id}", of which there is no row`)
    this.#rows.set(id, evolveRow(this.#kind, row, event, recorded))
  }

  async write(transaction: ProjectionTransaction): Promise<void> {
    const table: Table & { readonly key: string } = THINGS[this.#kind]
    if (this.#stood.length > 0)
      await transaction.query(`delete from ${table.name} where ${table.key} = any($1::text[])`, [this.#stood])
    const rows = [...this.#rows.values()].filter((row) => row !== undefined)
    await transaction.insert(table, rows)
  }
}

const ENDS = new Set([
  'company.removed',
  'location.removed',
  'group.removed',
  'user.removed',
  'user.erased',
  'area.removed',
])

/** The id of the thing in its event: `companyId` of what is about a company. */
export function idOf(kind: Kind, { data }: FleetEvent): string {
  return String(Reflect.get(data, `${kind}Id`))
}

function evolveRow(kind: Kind, row: Row | undefined, event: FleetEvent, recorded: RecordedEvent): Row | undefined {
  const { type, data } = event
  const { time } = recorded.envelope
  const revision = recorded.sequence
  if (ENDS.has(type)) return undefined
  if (type.endsWith('.group-linked') || type.endsWith('.group-unlinked')) return row && { ...row, revision }
  const said = { ...row, ...columnsIn(kind, data), updated_at: time, revision }
  if (type === 'device.registered') return { ...said, status: 'active', created_at: time }
  if (type === 'device.unassigned') return { ...said, location_id: null }
  if (type === 'device.decommissioned') return { ...said, location_id: null, status: 'decommissioned' }
  return type.endsWith('.registered') ? { ...said, created_at: time } : said
}

/** What of the data has a column: `timeZone` is `time_zone`. */
function columnsIn(kind: Kind, data: object): Row {
  const columns = Object.entries(data).map(([field, value]) => [
    field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value as string | null,
  ])
  return Object.fromEntries(columns.filter(([column]) => String(column) in THINGS[kind].columns))
}

function selectRows(kind: Kind): string {
  const { name, key, columns } = THINGS[kind]
  const selected = Object.entries(columns).map(([column, type]) => {
    if (type === 'timestamptz') return `${isoTime(column)} as ${column}`
    return type === 'numeric' ? `${column}::text as ${column}` : column
  })
  return `select ${selected.join(', ')} from ${name} where ${key} = any($1::text[])`
}
