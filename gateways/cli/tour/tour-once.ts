import type { Pharos } from '../../client/index.ts'
import type { Platform } from '../platform/platform.ts'
import { readFigures } from './figures.ts'
import type { FirstLoad } from './first-load.ts'
import { resolveSamples } from './resolve-samples.ts'
import { figureLines, resolvedLines } from './screen.ts'

export interface Tour {
  readonly platform: Platform
  readonly client: Pharos
  readonly screen: NodeJS.WriteStream
  readonly json: boolean
  readonly loaded: FirstLoad | undefined
  readonly signal: AbortSignal
}

/** The same as the live screen shows, once, when the projections have come to the end of the log. */
export async function tourOnce({ platform, client, screen, json, loaded, signal }: Tour): Promise<void> {
  const { epoch, sequence } = await platform.store.head()
  // Whatever the log holds now is to be seen in the answers.
  const counted = await client.query('alias.count', {}, { minPosition: `${epoch}-${sequence}`, signal })
  if (counted.status !== 'ok')
    throw new Error(`the projections did not reach the end of the log: ${JSON.stringify(counted)}`)
  await resolveSamples(client) // The first answer pays for connections and plans; what follows is what users see.
  const resolved = await resolveSamples(client)
  const figures = await readFigures(platform)
  const perSecond = loaded === undefined ? 0 : loaded.commands / loaded.seconds
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ api: platform.apiUrl, sample: loaded ?? null, aliases: counted.value, ...figures, resolved })}\n`,
    )
    return
  }
  const { total, active } = counted.value
  const sample =
    loaded === undefined
      ? []
      : [`  sample    ${loaded.commands.toLocaleString('en')} commands in ${loaded.seconds.toFixed(1)} s`]
  const aliases = `  aliases   ${total.toLocaleString('en')}, of which ${active.toLocaleString('en')} are active`
  screen.write(`${[...sample, aliases, ...figureLines(figures, perSecond), ...resolvedLines(resolved)].join('\n')}\n`)
}
