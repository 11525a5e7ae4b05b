import { z } from 'zod'
import { commandId } from './ids.ts'
import { positionText } from './position.ts'

/** What a sender sends, over NATS as over HTTP. The type is in the subject or path, the actor in the credential. */
export const commandRequest = z.strictObject({
  commandId,
  data: z.record(z.string(), z.unknown()),
  /** Accept only if the (first) aggregate's revision is this: 0 means that it must not exist yet. */
  expectedRevision: z.int().min(0).optional(),
  /** Decide and answer, but write nothing. */
  dryRun: z.boolean().optional(),
})
export type CommandRequest = z.infer<typeof commandRequest>

/** One fault in the input: where it is, and what would be right. */
export const violation = z.object({ field: z.string(), message: z.string() })
export type Violation = z.infer<typeof violation>

const summary = z.object({
  type: z.string(),
  subject: z.string(),
  revision: z.int(),
  data: z.record(z.string(), z.unknown()),
})
export type EventSummary = z.infer<typeof summary>

const outcome = {
  commandId,
  /** Where the command's last event stands; for a command that changed nothing, what it was decided on. */
  position: positionText,
  /** Revision of the command's first aggregate after it. */
  revision: z.int(),
  events: z.array(summary),
  /** How many events there are, where they are too large for one answer and `events` is empty: they end at `position`. */
  eventCount: z.int().optional(),
}

/** Every expected outcome of a command is one of these values. */
export const commandResult = z.discriminatedUnion('status', [
  z.object({ status: z.literal('accepted'), ...outcome, dryRun: z.literal(true).optional() }),
  z.object({ status: z.literal('duplicate'), ...outcome }),
  z.object({ status: z.literal('rejected'), code: z.string(), message: z.string(), violations: z.array(violation) }),
  z.object({ status: z.literal('conflict'), message: z.string(), expected: z.int(), actual: z.int() }),
  z.object({ status: z.literal('unauthorized'), message: z.string() }),
  z.object({ status: z.literal('forbidden'), message: z.string() }),
  z.object({ status: z.literal('unavailable'), message: z.string() }),
])
export type CommandResult = z.infer<typeof commandResult>
