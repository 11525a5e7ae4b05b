import { derivedCommandId } from '../../commands/derived-command-id.ts'
import type { CommandId, ChannelId } from '../../schemas/ids.ts'
import type { Scope } from '../../schemas/scope.ts'
import { sampleChannel } from './sample-channel.ts'

/** A channel of the sample's weather, and the name by which people at its site know it. */
export interface WeatherChannel {
  readonly channelId: ChannelId
  readonly scope: Scope & { readonly kind: 'site' | 'node' }
  readonly alias: string
  /** Column of the file that has its values. */
  readonly column: string
  readonly unit: string
  readonly device: string
}

/** Daily weather of two cities, under the airports that the sample has of them. */
const CITIES = { Seattle: 'SEA', 'New York': 'JFK' } as const
const DAILY = [
  ['temp_max', 'Daily_High', '°C'],
  ['temp_min', 'Daily_Low', '°C'],
  ['precipitation', 'Precipitation', 'mm'],
  ['wind', 'Daily_Wind', 'm/s'],
] as const

/** The channels of `weather.csv`, by city. */
export const dailyChannels: ReadonlyMap<string, readonly WeatherChannel[]> = new Map(
  Object.entries(CITIES).map(([city, site]) => [
    city,
    DAILY.map(([column, alias, unit]) => ({
      channelId: sampleChannel('weather', site, column),
      scope: { kind: 'site' as const, site },
      alias,
      column,
      unit,
      device: `weather-${site}`,
    })),
  ]),
)

const tower = { kind: 'node', site: 'SEA', node: 'tower' } as const

/** The channels of `seattle-weather-hourly-normals.csv`. Wind is what the sample's `Primary_Sensor` at the tower stands for. */
export const hourlyChannels: readonly WeatherChannel[] = [
  { channelId: sampleChannel('Primary_Sensor', 'SEA', 'tower'), alias: 'Primary_Sensor', column: 'wind', unit: 'm/s' },
  {
    channelId: sampleChannel('weather', 'SEA', 'tower', 'temperature'),
    alias: 'Temperature',
    column: 'temperature',
    unit: '°C',
  },
  {
    channelId: sampleChannel('weather', 'SEA', 'tower', 'pressure'),
    alias: 'Air_Pressure',
    column: 'pressure',
    unit: 'hPa',
  },
].map((channel) => ({ ...channel, scope: tower, device: 'tower-SEA' }))

/** A command that makes the weather known. Sent again it is answered `duplicate`. */
export interface WeatherCommand {
  readonly type: 'channel.register' | 'alias.register'
  readonly commandId: CommandId
  readonly data: object
}

/** Registers every channel and gives it its name; the name that the sample has already is left out. */
export function* weatherCommands(): Generator<WeatherCommand> {
  for (const { channelId, scope, alias, column, unit, device } of [
    ...[...dailyChannels.values()].flat(),
    ...hourlyChannels,
  ]) {
    const name = `${alias.toLowerCase()}_${scope.site.toLowerCase()}`
    const description = `Column ${column} of the weather at ${scope.site}`
    yield command('channel.register', { channelId, name, description, target: column, unit, device })
    if (alias !== 'Primary_Sensor')
      yield command('alias.register', { scope, name: alias, target: { kind: 'channel', channelId }, description })
  }
}

function command(type: WeatherCommand['type'], data: object): WeatherCommand {
  return { type, commandId: derivedCommandId('pharos weather', type, JSON.stringify(data)), data }
}
