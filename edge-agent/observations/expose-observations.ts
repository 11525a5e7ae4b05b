import { Gauge, type Registry } from 'prom-client'
import type { RunningObservations } from './start-observations.ts'

/** How observations on this device stand, for Prometheus: asked of the store whenever it is scraped. */
export function exposeObservations(registry: Registry, observations: Pick<RunningObservations, 'status'>): void {
  const gauge = (name: `pharos_edge_${string}`, help: string, value: (status: Status) => number): void => {
    const it = new Gauge({
      name,
      help,
      async collect() {
        // A store that is closed must not keep the other metrics from being read.
        const status = await observations.status().catch(() => undefined)
        if (status !== undefined) this.set(value(status))
      },
      registers: [],
    })
    registry.registerMetric(it)
  }
  gauge('pharos_edge_platform_linked', 'Whether the last request about observations was answered: 1 or 0', (status) =>
    status.isLinked ? 1 : 0,
  )
  gauge('pharos_edge_outbox_waiting', 'Observations that wait for the link', ({ outbox }) => outbox.waiting)
  gauge('pharos_edge_outbox_bytes', 'Size of those', ({ outbox }) => outbox.bytes)
  gauge('pharos_edge_outbox_forwarded', 'Observations that the platform has taken', ({ outbox }) => outbox.forwarded)
  gauge('pharos_edge_outbox_dropped', 'Observations given up for want of room', ({ outbox }) => outbox.dropped)
  gauge('pharos_edge_outbox_refused', 'Observations that the platform refused', ({ outbox }) => outbox.refused)
}

type Status = Awaited<ReturnType<RunningObservations['status']>>
