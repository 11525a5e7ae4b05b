import type { IndexClaims } from './index-claims.ts'
import type { IndexObjects } from './index-objects.ts'
import type { IndexPointers } from './index-pointers.ts'

/** What the publisher is doing, for metrics and logs. */
export interface IndexReports {
  /** A pointer has moved to this version. `bytes`: all objects that were stored for it. */
  published?(version: {
    readonly scopeKey: string
    readonly version: number
    readonly bytes: number
    readonly seconds: number
  }): void
  /** Something that must not be has kept a scope from being published: its last good version stays. */
  alarm?(alarm: { readonly scopeKey: string; readonly error: unknown }): void
  /** After each round: the scopes that still wait, and up to where everything else is published. */
  progressed?(progress: { readonly waiting: number; readonly position: number }): void
}

export interface IndexPorts {
  readonly objects: IndexObjects
  readonly pointers: IndexPointers
  readonly claims: IndexClaims
  readonly reports: IndexReports
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A scope with more names is split into parts of about so many. */
  readonly splitAbove: number
}
