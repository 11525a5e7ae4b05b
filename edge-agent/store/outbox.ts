/** An observation made here, on its way to the server. */
export interface OutgoingObservation {
  /** UUID of the channel. */
  readonly stream: string
  /** Decimal digits. */
  readonly value: string
  /** RFC 3339 with an offset. */
  readonly observed_at: string
  /** Tells it from all others: the server stores it once, however often it is sent. */
  readonly id: string
  readonly hash?: string
  readonly provider?: string
}

/** An observation that waits, in the order of `place`. */
export interface Waiting {
  readonly place: number
  readonly observation: OutgoingObservation
}

/** What became of the observations that were put in. */
export interface OutboxCounts {
  readonly waiting: number
  readonly bytes: number
  /** Since the store was made. */
  readonly forwarded: number
  /** Given up for want of room, oldest first. */
  readonly dropped: number
  /** The server will not have them. */
  readonly refused: number
}

/** Most of what may wait; beyond it the oldest are dropped and counted. */
export interface OutboxLimits {
  readonly rows: number
  readonly bytes: number
}

/** Observations that wait for the link, on the disk and in order. */
export interface Outbox {
  /** Puts it last. Returns false if one of its channel and id was put in before and waits still. @throws StoreFull when nothing makes room. */
  put(observation: OutgoingObservation): Promise<boolean>
  /** The first ones, in order. */
  first(limit: number): Promise<readonly Waiting[]>
  /** The server has these, or will not have them: all up to `place`. */
  done(place: number, told: { readonly forwarded: number; readonly refused: number }): Promise<void>
  counts(): Promise<OutboxCounts>
}
