import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { telemetrySubject } from '../../schemas/telemetry-subject.ts'
import { dailyChannels, hourlyChannels, type WeatherChannel } from './weather-channels.ts'

/** One observation as its device publishes it. */
export interface SampleObservation {
  readonly subject: string
  readonly body: string
}

type Row = Readonly<Record<string, string>>

/**
 * Real weather of vega-datasets (BSD-3-Clause, from US government data), a day of `weather.csv` at a time, 2012 to 2015,
 * each with as many hours of the hourly normals as make a year of them in that time.
 */
export async function weatherDays(): Promise<readonly (readonly SampleObservation[])[]> {
  const [daily, hourly] = await Promise.all([rowsOf('weather.csv'), rowsOf('seattle-weather-hourly-normals.csv')])
  const days = Map.groupBy(daily, (row) => row['date'] ?? '')
  const share = hourly.length / days.size
  return [...days.values()].map((rows, day) => [
    ...rows.flatMap((row) => observed(dailyChannels.get(row['location'] ?? '') ?? [], row, `${row['date']}T00:00:00Z`)),
    ...hourly
      .slice(Math.floor(day * share), Math.floor((day + 1) * share))
      .flatMap((row) => observed(hourlyChannels, row, `${row['date']}Z`)),
  ])
}

/** The value goes as the file has it: its digits are what was measured. */
function observed(channels: readonly WeatherChannel[], row: Row, at: string): SampleObservation[] {
  return channels.map(({ channelId, column, device }) => ({
    subject: telemetrySubject(device, channelId),
    body: `{"value":${row[column]},"observed_at":"${at}","provider":"vega-datasets"}`,
  }))
}

async function rowsOf(name: string): Promise<Row[]> {
  // The package exports its index only, so its data is found beside it.
  const file = new URL(`../data/${name}`, import.meta.resolve('vega-datasets'))
  return parse(await readFile(file), { columns: true, skip_empty_lines: true })
}
