import { jetstream } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type SampleObservation, weatherDays } from '../../../infra/sample/weather-observations.ts'
import type { Platform } from '../platform/platform.ts'

/** A day of the sample passes in this, in milliseconds: four years in six minutes. */
const DAY_MS = 250
/** A machine that is busy with something else must not end the tour. */
const ANSWER_MS = 60_000

/**
 * Publishes the sample's weather as its devices would, `days` of it, one every quarter of a second or all at once. What
 * was published before is recognised, so it begins anew at every start.
 */
export async function replayWeather(
  { connection }: Pick<Platform, 'connection'>,
  { days, atOnce }: { readonly days: number; readonly atOnce: boolean },
  signal: AbortSignal,
): Promise<void> {
  const client = jetstream(connection, { timeout: ANSWER_MS })
  const send = ({ subject, body }: SampleObservation) => client.publish(subject, body)
  for (const day of (await weatherDays()).slice(0, days)) {
    if (signal.aborted) return
    await Promise.all(day.map(send))
    if (!atOnce) await sleep(DAY_MS, undefined, { signal }).catch(() => undefined)
  }
}
