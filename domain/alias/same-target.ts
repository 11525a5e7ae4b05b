import type { Target } from '../../schemas/alias.ts'

/** Whether two targets are the same channel, or the same URL. */
export function sameTarget(a: Target, b: Target): boolean {
  if (a.kind === 'channel') return b.kind === 'channel' && a.channelId === b.channelId
  return b.kind === 'endpoint' && a.url === b.url
}
