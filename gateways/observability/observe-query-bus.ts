import type { QueryBus } from '../query-bus.ts'
import type { Metrics } from './metrics.ts'

/** The same bus, with every query counted and timed. */
export function observeQueryBus(bus: QueryBus, metrics: Metrics): QueryBus {
  const known = new Set(bus.types)
  return {
    types: bus.types,
    async ask(query) {
      const started = performance.now()
      let status = 'error'
      try {
        const result = await bus.ask(query)
        status = result.status
        return result
      } finally {
        metrics.query(known.has(query.type) ? query.type : 'unknown', status, (performance.now() - started) / 1000)
      }
    },
  }
}
