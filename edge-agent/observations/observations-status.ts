import type { OutboxCounts } from '../store/outbox.ts'

/** How keeping and forwarding observations stands: for `/status`. */
export interface ObservationsStatus {
  /** Whether the last request to the platform was answered. */
  readonly isLinked: boolean
  /** Why the last one failed, if it did. */
  readonly error: string | null
  /** UUIDs that are followed. */
  readonly following: readonly string[]
  /** When each was last read to its end; RFC 3339. */
  readonly followedAt: Readonly<Record<string, string>>
  /** What was kept here of channels that are followed, since the start. */
  readonly stored: number
  readonly outbox: OutboxCounts
  /** What the platform last refused for good, and why; `outbox.refused` counts all of it. */
  readonly lastRefusal: { readonly at: string; readonly count: number; readonly reason: string } | null
}
