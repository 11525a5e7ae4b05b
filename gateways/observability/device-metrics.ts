import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { CredentialBook } from '../devices/credential-book.ts'
import { BUCKETS } from './buckets.ts'

/** Credentials that end within this many milliseconds are counted as ending. */
const SOON_MS = 30 * 86_400_000

const ANSWERS = {
  sync: ['manifest', 'unchanged', 'refused', 'busy', 'invalid', 'unknown_device', 'decommissioned'],
  ack: ['acknowledged', 'refused', 'busy', 'invalid', 'unknown_device', 'decommissioned'],
  fetch: ['ok', 'superseded', 'not_named', 'gone', 'invalid', 'busy'],
} as const

/** What devices are answered, and how their credentials stand, for Prometheus. No label names a device. */
export function deviceMetrics(registry: Registry, book: Pick<CredentialBook, 'count'>, now: () => number) {
  const registers = [registry]
  const seconds = new Histogram({
    name: 'pharos_device_request_duration_seconds',
    help: 'Requests of devices over NATS by verb and status: time from arrival to answer',
    labelNames: ['verb', 'status'],
    buckets: BUCKETS,
    registers,
  })
  // From the first scrape on, so that a first refusal shows as a rise.
  for (const [verb, statuses] of Object.entries(ANSWERS)) for (const status of statuses) seconds.zero({ verb, status })
  const failures = new Counter({
    name: 'pharos_device_revocation_failures_total',
    help: 'Times that NATS could not be told which credentials are revoked',
    registers,
  })
  const gauge = new Gauge({
    name: 'pharos_device_credentials',
    help: 'Devices with a credential; state "ending": those of them whose credential ends within 30 days',
    labelNames: ['state'],
    registers,
    collect() {
      const { active, ending } = book.count(now() + SOON_MS)
      gauge.set({ state: 'active' }, active)
      gauge.set({ state: 'ending' }, ending)
    },
  })
  return {
    /** `status` must be one that exists, or series would be made without end. */
    answered(verb: string, status: string, took: number): void {
      seconds.observe({ verb, status }, took)
    },
    revocationFailed: (): void => failures.inc(),
  }
}
