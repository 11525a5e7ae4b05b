import type { Actor } from '../../schemas/actor.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { FormerSlot } from '../../schemas/commands/alias.ts'
import { parsePosition } from '../../schemas/position.ts'
import { derivedCommandId } from '../derived-command-id.ts'
import type { JobPorts } from './job-ports.ts'
import { sendPatiently } from './send-patiently.ts'

export type RestoredChunk =
  /** Subjects of the slots that are now as they were; the others were changed after the job began. */
  | { readonly status: 'applied'; readonly restored: ReadonlySet<string>; readonly position: number }
  | { readonly status: 'not-applied'; readonly result: CommandResult }

/** Brings slots back as one set. Given again after a crash it is the same command, and changes nothing more. */
export async function restoreChunk(
  slots: readonly FormerSlot[],
  { jobId, actor, chunk }: { readonly jobId: JobId; readonly actor: Actor; readonly chunk: number },
  ports: JobPorts,
  signal: AbortSignal,
): Promise<RestoredChunk> {
  const commandId = derivedCommandId(jobId, String(chunk), '0')
  const invocation = {
    type: 'alias.restore-slots',
    actor,
    correlationId: jobId,
    request: { commandId, data: { slots } },
  }
  const result = await sendPatiently(ports.aliases, invocation, { ...ports, signal })
  if (result.status !== 'accepted' && result.status !== 'duplicate') return { status: 'not-applied', result }
  const restored = new Set(result.events.map(({ subject }) => subject))
  return { status: 'applied', restored, position: parsePosition(result.position).sequence }
}
