import { manifestId } from '../../schemas/device-sync/manifest.ts'
import type { SyncAck } from '../../schemas/device-sync/messages.ts'
import { Backoff } from '../backoff.ts'
import { Ledger } from '../ledger/ledger.ts'
import type { TableContent } from '../load/table-content.ts'
import type { Steps } from '../observe/steps.ts'
import type { Fault, SyncProgress } from '../observe/sync-status.ts'
import { openSession } from '../session.ts'
import type { FlightPorts } from './flight-ports.ts'

/** How long a failure is tried to be written down, in milliseconds: the database may be what failed. */
const PATIENCE_MS = 10_000
const LONGEST_ERROR = 4000

/** One entry of the ledger in the making. */
export class Run {
  readonly steps: Steps
  readonly progress: SyncProgress
  readonly startedAt: Date
  /** Number in the ledger, once it stands there. */
  id: string | undefined
  /** As central said, believed or not. */
  manifestId: string | undefined
  readonly #ports: FlightPorts

  constructor(ports: FlightPorts, steps: Steps, startedAt: Date, progress: SyncProgress) {
    this.#ports = ports
    this.steps = steps
    this.startedAt = startedAt
    this.progress = progress
  }

  about(id: string): void {
    this.manifestId = id
    this.progress.manifestId = id
    this.steps.about(id)
  }

  /** What to tell central; `undefined` when there is no manifest to speak of. */
  ack(
    result: { readonly contents: ReadonlyMap<string, TableContent> } | { readonly error: string },
  ): SyncAck | undefined {
    const about = manifestId.safeParse(this.manifestId)
    if (!about.success) return undefined
    const contents = 'contents' in result ? [...result.contents] : []
    const completedAt = new Date(this.#ports.now())
    return {
      manifestId: about.data,
      mac: this.#ports.identity.mac,
      status: 'error' in result ? 'Failed' : 'Success',
      localCounts: Object.fromEntries(contents.map(([name, { rowCount }]) => [name, rowCount])),
      localChecksums: Object.fromEntries(contents.map(([name, { sha256 }]) => [name, sha256])),
      durationMs: Math.max(0, completedAt.getTime() - this.startedAt.getTime()),
      error: 'error' in result ? result.error : null,
      completedAt: completedAt.toISOString(),
      ...this.steps.traceparent,
    }
  }

  /** Writes the failure down, on a session of its own: the one that failed may be of no use. If that fails too, the next start does it. */
  async fail(outcome: Fault, signal: AbortSignal): Promise<void> {
    const error = `${outcome.status === 'refused' ? `${outcome.code}: ` : ''}${outcome.message}`.slice(0, LONGEST_ERROR)
    const { id, manifestId, startedAt } = this
    const backoff = new Backoff(100, 1000)
    // Not the flight's own signal: what was stopped is written down as well.
    const late = AbortSignal.timeout(PATIENCE_MS)
    do {
      try {
        await using session = await openSession(this.#ports.databaseUrl, 'ledger', late)
        const at = new Date(this.#ports.now())
        await new Ledger(session.client).fail({ id, manifestId, startedAt, at, error, ack: this.ack({ error }) })
        return
      } catch (cause) {
        this.steps.logger.warn({ err: cause }, 'the failure could not be written down')
        await backoff.wait(signal)
      }
    } while (!late.aborted && !signal.aborted)
  }
}
