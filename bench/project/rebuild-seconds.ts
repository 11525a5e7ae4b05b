import type { EventLog } from '../../projections/event-log.ts'
import type { Projector } from '../../projections/projector.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import type { BenchContext } from '../bench.ts'

/** Rebuilds a projector as `pharos rebuild` does, and answers how long it took. Notes when each phase began. */
export async function rebuildSeconds(
  projector: Projector,
  log: EventLog,
  databaseUrl: string,
  { note, signal }: BenchContext,
): Promise<number> {
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1000
  const phases = new Map<string, string>()
  const result = await rebuildProjector(projector, {
    database: { connectionString: databaseUrl },
    log,
    signal,
    onProgress({ phase }) {
      if (!phases.has(phase)) phases.set(phase, `${phase} at ${seconds().toFixed(1)}`)
    },
  })
  if (result.status !== 'swapped') throw new Error(`the rebuild was ${JSON.stringify(result)}`)
  note(`rebuilt in seconds: ${[...phases.values()].join(', ')}`)
  return seconds()
}
