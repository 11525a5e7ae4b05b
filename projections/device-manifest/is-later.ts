import type { Position } from '../../schemas/position.ts'
import type { StandingManifests } from './manifest-store.ts'

/** Whether what stands for a device says more than is known at this position: then another builder has taken over. */
export function isLater({ manifests }: Pick<StandingManifests, 'manifests'>, at: Position): boolean {
  return manifests.some(({ epoch, position }) => epoch > at.epoch || (epoch === at.epoch && position > at.sequence))
}
