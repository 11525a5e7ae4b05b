import type { Client } from 'pg'
import type { UnsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { dropOld } from '../load/drop-old.ts'
import type { FlightPorts } from './flight-ports.ts'
import { hashesOf } from './hashes-of.ts'
import type { Run } from './run.ts'

/** Removes what no manifest needs any more: replaced tables, and chunks. What fails is done by the next sync. */
export async function tidy(ports: FlightPorts, run: Run, load: Client, manifest: UnsignedManifest): Promise<void> {
  const work = async (): Promise<void> => {
    for (const stayed of await dropOld(load))
      run.steps.logger.warn({ stayed }, 'a replaced table could not be dropped yet')
    await ports.chunks.keepOnly(new Set(hashesOf(manifest)))
    ports.metrics.chunkBytes.set(await ports.chunks.size())
  }
  await run.steps.run('tidy', work).catch(() => undefined)
}
