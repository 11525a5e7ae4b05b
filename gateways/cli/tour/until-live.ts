import { setTimeout as sleep } from 'node:timers/promises'
import { projectorStatus } from '../../../projections/lag.ts'
import { headsOf } from '../platform/logs.ts'
import type { Platform } from '../platform/platform.ts'

const LOOK_MS = 100

/** Waits until every projector has come to the log's end, at most `timeoutMs` milliseconds. @throws Error that names those that have not. */
export async function untilLive(
  { logs, pool }: Pick<Platform, 'logs' | 'pool'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const behind = (await projectorStatus(pool, () => headsOf(logs))).filter(({ state }) => state !== 'live')
    if (behind.length === 0) return
    if (performance.now() > deadline) {
      const those = behind.map(({ name, state, lagEvents }) => `${name} is ${state}, ${lagEvents} events behind`)
      throw new Error(`the projections did not reach the end of the log: ${those.join('; ')}`)
    }
    await sleep(LOOK_MS, undefined, { signal })
  }
}
