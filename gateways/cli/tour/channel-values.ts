import { dailyChannels, hourlyChannels } from '../../../infra/sample/weather-channels.ts'
import type { Pharos } from '../../client/index.ts'
import { formatScope } from '../scope-argument.ts'

/** The newest value of a channel, under the name by which people know it. */
export interface ChannelValue {
  readonly scope: string
  readonly alias: string
  readonly value: string
  readonly unit: string
  /** UTC, without an offset. */
  readonly at: string
}

/** The channels of the sample's weather that have been observed: resolved by their names, as anybody would. */
export async function channelValues(client: Pharos, signal: AbortSignal): Promise<ChannelValue[]> {
  const shown = [
    ...hourlyChannels,
    ...[...dailyChannels.values()].map((city) => city[0]).filter((one) => one !== undefined),
  ]
  const values = await Promise.all(
    shown.map(async ({ scope, alias, unit }) => {
      const named = await client.query('alias.resolve', { from: scope, name: alias }, { signal })
      if (named.status !== 'ok' || named.value.target.kind !== 'channel') return undefined
      const newest = await client.query('observation.get', { channelId: named.value.target.channelId }, { signal })
      if (newest.status !== 'ok') return undefined
      return { scope: formatScope(scope), alias, value: newest.value.value, unit, at: newest.value.ts }
    }),
  )
  return values.filter((one) => one !== undefined)
}
