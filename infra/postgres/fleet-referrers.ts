import type { Pool } from 'pg'
import { type Referrers, ReferrersUnknown } from '../../commands/referrers.ts'
import type { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { Epoch } from '../../schemas/position.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

/** What belongs to a thing of each kind: the word for it, and whether there is any. */
const REFERRERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  company: {
    locations: 'exists (select from pharos.locations where company_id = $1)',
    groups: 'exists (select from pharos.groups where company_id = $1)',
    users: 'exists (select from pharos.users where company_id = $1)',
  },
  location: {
    devices: 'exists (select from pharos.devices where location_id = $1)',
    areas: 'exists (select from pharos.areas where location_id = $1)',
  },
}

/** What refers to companies and locations, as the tables of the fleet know it. */
export class FleetReferrers implements Referrers {
  readonly #pool: Pool
  readonly #watch: CheckpointWatch
  readonly #epoch: Epoch
  readonly #timeoutMs: number

  /** @param timeoutMs how long to wait for the tables to come to the log's end. */
  constructor(pool: Pool, watch: CheckpointWatch, epoch: Epoch, timeoutMs = 5_000) {
    this.#pool = pool
    this.#watch = watch
    this.#epoch = epoch
    this.#timeoutMs = timeoutMs
  }

  async of(subject: AggregateSubject, sequence: number): Promise<readonly string[]> {
    const [, kind = '', id = ''] = subject.split('.')
    const of = REFERRERS[kind]
    if (of === undefined) throw new RangeError(`nothing is known of what refers to a ${kind}`)
    try {
      const waited = await this.#watch.waitForPosition(
        'fleet',
        { epoch: this.#epoch, sequence },
        { timeoutMs: this.#timeoutMs },
      )
      if (waited.status !== 'reached') throw new ReferrersUnknown(`what refers to ${subject} is not known yet`)
      return await this.#ask(of, id)
    } catch (error) {
      if (error instanceof ReferrersUnknown) throw error
      throw new ReferrersUnknown(`what refers to ${subject} cannot be asked for`, { cause: error })
    }
  }

  /** What is parked is in no table, and may refer to it. */
  async #ask(of: Readonly<Record<string, string>>, id: string): Promise<readonly string[]> {
    const columns = Object.entries(of).map(([word, exists]) => `${exists} as ${word}`)
    const { rows } = await this.#pool.query<Record<string, boolean>>(
      `select ${columns.join(', ')}, exists (select from pharos.parked where projector = 'fleet') as parked`,
      [id],
    )
    const [row] = rows
    if (row === undefined || row['parked'] === true)
      throw new ReferrersUnknown('events of the fleet are parked, and may refer to it: see "pharos parked list"')
    return Object.keys(of).filter((word) => row[word] === true)
  }
}
