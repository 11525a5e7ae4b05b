import type { AggregateSubject } from '../schemas/subjects.ts'

/** Knows what refers to an aggregate, which its own events do not tell: there may be a million. */
export interface Referrers {
  /**
   * The kinds of what refers to it, `['devices', 'areas']`, with all that was in the log up to the sequence.
   * @throws ReferrersUnknown when that cannot be said now.
   */
  of(subject: AggregateSubject, sequence: number): Promise<readonly string[]>
}

/** Who refers to an aggregate cannot be known now; the command may be sent again. */
export class ReferrersUnknown extends Error {
  override readonly name = 'ReferrersUnknown'
}
