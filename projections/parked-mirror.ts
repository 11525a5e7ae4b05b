/** What people are told of a parked event. */
export interface ParkedNotice {
  readonly projector: string
  readonly epoch: string
  /** Of the parked event. */
  readonly position: number
  /** `parked`: held back. The others: what somebody has done about it. */
  readonly state: 'parked' | 'replayed' | 'discarded'
  /** While it is parked: why, and how many aggregates wait for it, the first of them by name. */
  readonly error?: string
  readonly held?: number
  readonly aggregates?: readonly string[]
  /** Otherwise: who did it, and why. */
  readonly actor?: string
  readonly reason?: string | null
}

/** Where people are told of parked events: the newest notice of each. Told at least once, after the commit. */
export interface ParkedMirror {
  /** Resolves when the notice is stored. */
  tell(notice: ParkedNotice): Promise<void>
}
