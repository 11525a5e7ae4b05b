import { setTimeout as sleep } from 'node:timers/promises'
import { channelValues } from './channel-values.ts'
import { changeFleet, type DeviceStep } from './devices/device-step.ts'
import { type Figures, readFigures } from './figures.ts'
import { type IndexStep, moveIndex } from './index-step.ts'
import { type ResolvedInMemory, resolveInMemory } from './resolve-in-memory.ts'
import { replayWeather } from './replay-weather.ts'
import { resolveSamples } from './resolve-samples.ts'
import { channelLines, deviceLines, figureLines, indexLines, inMemoryLines, resolvedLines } from './screen.ts'
import type { Tour } from './tour.ts'

const REFRESH_MS = 1000
/** What is not answered in this time is not shown: the screen says that a server is away rather than stand still. */
const ANSWER_MS = 2000
/** Off a terminal nobody watches every second: a line now and then is a sign of life. */
const LOG_MS = 60_000

/** Shows what the platform does until `signal` aborts: redrawn in place on a terminal, a few lines a minute elsewhere. */
export async function showLive(
  { platform, client, screen, embedded, devices }: Omit<Tour, 'json' | 'loaded' | 'signal'>,
  signal: AbortSignal,
): Promise<void> {
  let delivered: DeviceStep | undefined
  let moved: IndexStep | undefined
  let inMemory: readonly ResolvedInMemory[] = []
  const showIndex = async (): Promise<void> => {
    if (embedded) moved = await moveIndex(platform, client, signal)
    // Only now: while the first versions are being published, memory would rightly know less than the tables.
    inMemory = await resolveInMemory(client, signal)
  }
  void showIndex().catch(() => undefined)
  const showDevices = async (): Promise<void> => {
    if (devices.length > 0) delivered = await changeFleet(client, platform.pool, devices, signal)
  }
  void showDevices().catch(() => undefined)
  if (embedded) void replayWeather(platform, { days: Infinity, atOnce: false }, signal).catch(() => undefined)
  let before: (Figures & { at: number }) | undefined
  let drawn = 0
  while (!signal.aborted) {
    const figures = await readFigures(platform)
    const at = performance.now()
    const perSecond = before === undefined ? 0 : ((figures.accepted - before.accepted) * 1000) / (at - before.at)
    before = { ...figures, at }
    const isThere = figures.away.length === 0
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    const resolved = isThere ? await resolveSamples(client, inTime).catch(() => []) : []
    const observed = isThere ? await channelValues(client, inTime).catch(() => []) : []
    const lines = [
      ...figureLines(figures, perSecond),
      ...indexLines(moved),
      ...channelLines(observed),
      ...resolvedLines(resolved),
      ...inMemoryLines(inMemory),
      ...deviceLines(delivered),
      '  Ctrl-C drains and stops',
    ]
    const up = screen.isTTY && drawn > 0 ? `\u001b[${drawn}F\u001b[0J` : ''
    if (signal.aborted) return
    screen.write(`${up}${lines.map((line) => clip(line, screen)).join('\n')}\n`)
    drawn = lines.length
    await sleep(screen.isTTY ? REFRESH_MS : LOG_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** A line that wraps would be drawn over wrongly. */
function clip(line: string, { isTTY, columns }: NodeJS.WriteStream): string {
  return isTTY && line.length > columns ? `${line.slice(0, columns - 1)}…` : line
}
