import { Counter, type Registry } from 'prom-client'
import type { ExpiryOutcome } from '../../projections/alias-expiry/alias-expiry.ts'

const OUTCOMES = ['expired', 'changed', 'unavailable'] as const satisfies readonly ExpiryOutcome['status'][]

/** Counts what comes of aliases whose time has come, for Prometheus. No label names an alias. */
export function expiryMetrics(registry: Registry): (outcome: ExpiryOutcome['status']) => void {
  const counter = new Counter({
    name: 'pharos_alias_expiries_total',
    help: 'Expired aliases that the log was told of here, or was to be: "changed" is one that somebody changed before',
    labelNames: ['outcome'],
    registers: [registry],
  })
  // From the first scrape on, so that a first one shows as a rise.
  for (const outcome of OUTCOMES) counter.inc({ outcome }, 0)
  return (outcome) => counter.inc({ outcome })
}
