import type { Guard, Seal } from '../../commands/event-store.ts'
import { guardSubject } from '../../schemas/subjects.ts'
import type { AtomicWrite } from './atomic-batch.ts'

const NOTHING = new Uint8Array()

/**
 * The messages that carry the conditions of appends which go in one batch. A message holds one expectation, and a
 * write needs it for its own aggregate, so each condition is a message of its own: without content, at the guarded
 * aggregate's mark, which so tells that somebody has rested on it. One guard serves all that guard the same.
 */
export function guardMarks(guards: readonly Guard[], seals: readonly Seal[]): readonly AtomicWrite[] {
  const marks = new Map<string, AtomicWrite>()
  for (const { subject, expectedRevision } of guards)
    marks.set(`${subject} ${expectedRevision}`, {
      subject: guardSubject(subject),
      expectedRevision,
      expectedOn: subject,
      payload: NOTHING,
    })
  for (const { subject, lastGuard } of seals)
    marks.set(`seal ${subject}`, { subject: guardSubject(subject), expectedRevision: lastGuard, payload: NOTHING })
  return [...marks.values()]
}
