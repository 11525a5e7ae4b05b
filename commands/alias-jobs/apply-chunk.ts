import { hash } from 'node:crypto'
import type { Actor } from '../../schemas/actor.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import type { CommandResult } from '../../schemas/command.ts'
import { parsePosition } from '../../schemas/position.ts'
import { derivedCommandId } from '../derived-command-id.ts'
import type { JobPorts } from './job-ports.ts'
import type { PlannedChange } from './plan-import.ts'
import { sendPatiently } from './send-patiently.ts'

/** A change that the rules did not allow after all, for something that came after the job began. */
export interface RefusedChange {
  readonly change: PlannedChange
  readonly code: string
  readonly message: string
}

export type AppliedChunk =
  | {
      readonly status: 'applied'
      readonly applied: readonly PlannedChange[]
      /** Somebody else changed these slots after the job began: they are as they were left. */
      readonly conflicts: readonly PlannedChange[]
      readonly refused: readonly RefusedChange[]
      /** Of its last event; 0 if it has none. */
      readonly position: number
    }
  /** Nothing of the chunk is applied, unless it is known only to have been `unavailable`. */
  | { readonly status: 'not-applied'; readonly result: CommandResult }

/**
 * Applies changes as one change set. What a slot has become since the job began is left alone; a change that is refused
 * is taken out and the others are given again, under an id of their own. Done once more after a crash it changes
 * nothing: the ids are the same, and what is applied is no longer at the revision that it was meant for.
 */
export async function applyChunk(
  changes: readonly PlannedChange[],
  job: { readonly jobId: JobId; readonly digest: string; readonly actor: Actor; readonly chunk: number },
  ports: JobPorts,
  signal: AbortSignal,
): Promise<AppliedChunk> {
  const { jobId, digest, chunk, actor } = job
  const refused: RefusedChange[] = []
  let left = changes
  for (let attempt = 0; ; attempt++) {
    const operations = left.flatMap((change) => change.operations)
    const result =
      operations.length === 0
        ? undefined
        : await sendPatiently(
            ports.aliases,
            {
              type: 'alias.apply-change-set',
              actor,
              correlationId: jobId,
              // The job's lines and the number say what is in it, and each line was checked when it was read.
              isChecked: true,
              digest: hash('sha256', `${digest} ${chunk} ${attempt}`),
              request: {
                commandId: derivedCommandId(jobId, String(chunk), String(attempt)),
                data: { operations, onConflict: 'skip' },
              },
            },
            { ...ports, signal },
          )
    if (result === undefined) return { status: 'applied', applied: [], conflicts: [], refused, position: 0 }
    if (result.status === 'accepted' || result.status === 'duplicate') {
      const written = new Set(result.events.map(({ subject }) => subject))
      const isWritten = ({ subjects: [slot] }: PlannedChange) => written.has(slot)
      return {
        status: 'applied',
        applied: left.filter(isWritten),
        conflicts: left.filter((change) => !isWritten(change)),
        refused,
        position: parsePosition(result.position).sequence,
      }
    }
    const culprit = result.status === 'rejected' ? culpritOf(left, result) : undefined
    if (culprit === undefined || result.status !== 'rejected') return { status: 'not-applied', result }
    refused.push({ change: culprit, code: result.code, message: result.message.replace(/^operations\.\d+: /, '') })
    left = left.filter((change) => change !== culprit)
  }
}

/** Whose operation a refusal names. */
function culpritOf(
  changes: readonly PlannedChange[],
  { violations }: Extract<CommandResult, { status: 'rejected' }>,
): PlannedChange | undefined {
  const number = /^data\.operations\.(\d+)/.exec(violations[0]?.field ?? '')?.[1]
  if (number === undefined) return undefined
  let left = Number(number)
  for (const change of changes) {
    if (left < change.operations.length) return change
    left -= change.operations.length
  }
  return undefined
}
