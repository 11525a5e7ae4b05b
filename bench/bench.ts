import type { Figure } from './measure/figure.ts'

/** What a bench is given to work with. */
export interface BenchContext {
  /** An empty directory on disk, removed afterwards. */
  readonly dir: string
  /** Told of a figure as soon as it is known. */
  readonly report: (figure: Figure) => void
  /** For people who wait: goes to stderr. */
  readonly note: (text: string) => void
  /** Aborts on Ctrl-C, and when the bench has run longer than it may. */
  readonly signal: AbortSignal
}

/** One bench: starts its own servers, measures, and stops them, whatever happens. */
export interface Bench {
  readonly summary: string
  /** Longest that it may run, in minutes. */
  readonly minutes: number
  run(context: BenchContext): Promise<void>
}
