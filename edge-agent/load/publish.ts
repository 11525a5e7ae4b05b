import { Backoff } from '../backoff.ts'
import { readDependants } from './dependants.ts'
import { type Publication, publishOnce } from './publish-once.ts'
import { CHANGED } from './swap-sql.ts'

const LOCK_NOT_AVAILABLE = '55P03'
const DEADLOCK = '40P01'
/** A row that is deleted is pointed at: also where rows went unchecked, and only then found out. */
const FOREIGN_KEY = '23503'

export interface PatientPublication extends Publication {
  readonly signal: AbortSignal
  /** How long to wait for transactions that have read the old tables, in milliseconds. */
  readonly patienceMs: number
}

/**
 * Makes all that was prepared visible at one moment, with the ledger. Readers that hold the old tables are waited for; if
 * that takes too long the tables are merged instead, which waits for nobody.
 * @returns foreign keys of edge-local tables whose rows point at nothing any more.
 */
export async function publish(publication: PatientPublication): Promise<readonly string[]> {
  const { client, signal, plan, patienceMs } = publication
  const deadline = performance.now() + patienceMs
  const backoff = new Backoff(20, 500)
  let swapped = plan.changed.filter(({ tactic }) => tactic === 'shadow')
  let merged = plan.changed.filter(({ tactic }) => tactic === 'diff')
  let loosen = false
  for (;;) {
    signal.throwIfAborted()
    const hanging = await readDependants(
      client,
      swapped.map(({ table }) => table),
    )
    const blocked = new Set(hanging.obstacles.map(({ table }) => table))
    const late = performance.now() > deadline
    // What came to hang on a table meanwhile and cannot be made again, or readers that do not let go.
    const demoted = swapped.filter(({ table, fits }) => fits && (late || blocked.has(table.name)))
    merged = [...merged, ...demoted]
    swapped = swapped.filter((one) => !demoted.includes(one))
    if (demoted.length > 0) continue
    try {
      return await publishOnce(publication, { swapped, merged, hanging, loosen })
    } catch (error) {
      await client.query('rollback')
      const code = codeOf(error)
      if (code === FOREIGN_KEY && !loosen) loosen = true
      else if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK && code !== CHANGED) throw error
      else if (late) throw new Error('others on the device do not let go of the tables', { cause: error })
      else await backoff.wait(signal)
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
