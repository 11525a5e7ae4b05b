import type { DeviceStep } from './devices/device-step.ts'
import type { ChannelValue } from './channel-values.ts'
import type { Figures } from './figures.ts'
import type { IndexStep } from './index-step.ts'
import type { ResolvedInMemory } from './resolve-in-memory.ts'
import type { Resolved } from './resolve-samples.ts'

const number = (value: number): string => value.toLocaleString('en')

/** What the user sees, as lines. Pure: a state of the platform in, text out. */
export function welcome(apiUrl: string | undefined): string[] {
  return [
    `  API       ${apiUrl ?? 'not in this process'}`,
    `  docs      ${apiUrl === undefined ? '' : `${apiUrl}/docs`}`,
    '  a token   npm run -s pharos -- token --role admin',
    '  try       npm run -s pharos -- alias get Main_Power_Feed --scope site:SEA',
  ]
}

export function figureLines({ events, projectors, away }: Figures, perSecond: number): string[] {
  return [
    `  commands  ${number(Math.round(perSecond))} accepted/s, ${number(events)} events in the log`,
    ...projectors.map(({ name, state, lagEvents, lagSeconds, rows }) => {
      const tables = Object.entries(rows).map(([table, count]) => `${table} ${number(count)}`)
      return `  projector ${name}: ${state}, ${number(lagEvents)} events (${lagSeconds.toFixed(1)} s) behind; rows, by estimate: ${tables.join(', ')}`
    }),
    ...away.map((server) => `  AWAY      ${server} does not answer; it is tried again until it does`),
  ]
}

export function resolvedLines(resolved: readonly Resolved[]): string[] {
  return resolved.map(
    ({ level, name, from, answer, ms }) =>
      `  resolve   ${level.padEnd(8)}${name} from ${from} → ${answer}  ${ms.toFixed(2)} ms`,
  )
}

export function inMemoryLines(resolved: readonly ResolvedInMemory[]): string[] {
  return resolved.map(
    ({ level, name, from, answer, ns }) =>
      `  in memory ${level.padEnd(8)}${name} from ${from} → ${answer ?? 'no such name'}  ${number(ns)} ns`,
  )
}

export function channelLines(values: readonly ChannelValue[]): string[] {
  return values.map(
    ({ scope, alias, value, unit, at }) =>
      `  channel   ${`${scope} ${alias}`.padEnd(32)}${`${value} ${unit}`.padStart(12)}  observed ${at}Z`,
  )
}

export function indexLines(moved: IndexStep | undefined): string[] {
  if (moved === undefined) return []
  const { scope, before, after, ms } = moved
  return [
    `  index     ${scope}: version ${number(before)} → ${number(after)}, ${ms.toFixed(2)} ms after a name was changed`,
  ]
}

export function deviceLines(delivered: DeviceStep | undefined): string[] {
  if (delivered === undefined) return []
  const { change, devices, reached, ms } = delivered
  return [
    ...devices.map(({ deviceId, site, rows, isSame, isAcknowledged }) => {
      const same = isSame ? "hashes are central's" : "HASHES ARE NOT CENTRAL'S"
      return `  device    ${deviceId} at ${site}: ${number(rows)} rows, ${same}, ${isAcknowledged ? 'acknowledged' : 'not acknowledged'}`
    }),
    `  change    ${change}: at ${reached.join(', ')} and acknowledged after ${number(ms)} ms`,
  ]
}
