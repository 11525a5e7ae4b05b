import type { Position } from '../schemas/position.ts'
import type { Checkpoint } from './checkpoint.ts'
import { Halted } from './halted.ts'
import type { Projector } from './projector.ts'

/**
 * Proves that the tables are of this code and of this life of the log, so that following on is right.
 * @throws Halted: `stale` when only a rebuild helps, `waiting` when newer code has made the tables.
 */
export function checkLineage(projector: Projector, checkpoint: Checkpoint, head: Position): void {
  const { name, version } = projector
  const { epoch, position, codeVersion } = checkpoint
  if (codeVersion > version)
    throw new Halted(
      'waiting',
      null,
      `${name}: the tables are of version ${codeVersion}, this code is version ${version}`,
    )
  if (codeVersion < version)
    throw stale(name, `the tables are of version ${codeVersion}, this code is version ${version}`)
  if (epoch !== null && epoch !== head.epoch)
    throw stale(name, `the tables are of epoch ${epoch}, the log is ${head.epoch}`)
  if (position > head.sequence) throw stale(name, `the tables are at ${position}, the log ends at ${head.sequence}`)
}

function stale(name: string, why: string): Halted {
  return new Halted('stale', null, `${name} must be rebuilt: ${why}`)
}
