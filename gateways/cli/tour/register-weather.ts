import { weatherCommands } from '../../../infra/sample/weather-channels.ts'
import type { Pharos } from '../../client/index.ts'

/** A machine that is busy with something else must not end the start. */
const COMMAND_MS = 60_000

/** Makes the channels of the sample's weather known, by commands as anybody's. Safe to run again. */
export async function registerWeather(client: Pharos, signal: AbortSignal): Promise<void> {
  for (const { type, commandId, data } of weatherCommands()) {
    const result = await client.send(type, data, { commandId, signal, timeoutMs: COMMAND_MS })
    // A name may have been given to something else since.
    if (result.status !== 'accepted' && result.status !== 'duplicate' && result.status !== 'rejected')
      throw new Error(`the weather of the sample was answered ${JSON.stringify(result)}`)
  }
}
