import type { Pharos } from '../../client/index.ts'
import type { Platform } from '../platform/platform.ts'
import { type ChannelValue, channelValues } from './channel-values.ts'
import { changeFleet } from './devices/device-step.ts'
import { readFigures } from './figures.ts'
import { moveIndex } from './index-step.ts'
import { replayWeather } from './replay-weather.ts'
import { resolveInMemory } from './resolve-in-memory.ts'
import { resolveSamples } from './resolve-samples.ts'
import { channelLines, deviceLines, figureLines, indexLines, inMemoryLines, resolvedLines } from './screen.ts'
import type { Tour } from './tour.ts'
import { untilLive } from './until-live.ts'

/** The index of thousands of sites is published for the first time while the sample is loaded. */
const LIVE_MS = 60_000
/** Days of weather that the tour replays. */
const TOUR_DAYS = 90

/** The same as the live screen shows, once, when the projections have come to the end of the log. */
export async function tourOnce(tour: Tour): Promise<void> {
  const { platform, client, screen, json, loaded, embedded, devices, signal } = tour
  const { epoch, sequence } = await platform.store.head()
  // Whatever the log holds now is to be seen in the answers.
  const counted = await client.query('alias.count', {}, { minPosition: `${epoch}-${sequence}`, signal })
  if (counted.status !== 'ok')
    throw new Error(`the projections did not reach the end of the log: ${JSON.stringify(counted)}`)
  await resolveSamples(client, signal) // The first answer pays for connections and plans; what follows is what users see.
  const resolved = await resolveSamples(client, signal)
  await untilLive(platform, LIVE_MS, signal)
  const moved = embedded ? await moveIndex(platform, client, signal) : undefined
  await untilLive(platform, LIVE_MS, signal)
  const inMemory = await resolveInMemory(client, signal)
  const delivered = devices.length > 0 ? await changeFleet(client, platform.pool, devices, signal) : undefined
  const observed = embedded ? await observeWeather(platform, client, signal) : []
  const figures = await readFigures(platform)
  const perSecond = loaded === undefined ? 0 : loaded.commands / loaded.seconds
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ api: platform.apiUrl, sample: loaded ?? null, aliases: counted.value, ...figures, resolved, inMemory, channels: observed, index: moved ?? null, devices: delivered ?? null })}\n`,
    )
    return
  }
  const { total, active } = counted.value
  const sample =
    loaded === undefined
      ? []
      : [`  sample    ${loaded.commands.toLocaleString('en')} commands in ${loaded.seconds.toFixed(1)} s`]
  const aliases = `  aliases   ${total.toLocaleString('en')}, of which ${active.toLocaleString('en')} are active`
  const lines = [
    ...sample,
    aliases,
    ...figureLines(figures, perSecond),
    ...indexLines(moved),
    ...channelLines(observed),
    ...resolvedLines(resolved),
    ...inMemoryLines(inMemory),
    ...deviceLines(delivered),
  ]
  screen.write(`${lines.join('\n')}\n`)
}

/** Some days of the sample's weather, at once, and what the channels say then. */
async function observeWeather(
  platform: Platform,
  client: Pharos,
  signal: AbortSignal,
): Promise<readonly ChannelValue[]> {
  await replayWeather(platform, { days: TOUR_DAYS, atOnce: true }, signal)
  await untilLive(platform, LIVE_MS, signal)
  return channelValues(client, signal)
}
