import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadSample } from '../../../infra/sample/load-sample.ts'
import type { Pharos } from '../../client/index.ts'
import { ProgressBar } from './progress-bar.ts'

/** A load is in no hurry: a machine that is busy with something else must not end it. */
const COMMAND_MS = 60_000

export interface FirstLoad {
  readonly commands: number
  readonly seconds: number
}

/**
 * Loads the sample once per data directory, through the command gateway. A load that was cut off is taken up again:
 * what was accepted before is answered `duplicate`. @returns undefined when it was loaded before.
 */
export async function firstLoad(
  client: Pharos,
  dataDir: string,
  screen: NodeJS.WriteStream,
  { sites, signal }: { readonly sites: number | undefined; readonly signal: AbortSignal },
): Promise<FirstLoad | undefined> {
  const marker = join(dataDir, 'sample-loaded')
  if (
    await access(marker).then(
      () => true,
      () => false,
    )
  )
    return undefined
  const bar = new ProgressBar('  sample   ', screen)
  const started = performance.now()
  try {
    const { done } = await loadSample({
      send: ({ type, commandId, data }, abort) =>
        client.command(type, data, { commandId, signal: abort, timeoutMs: COMMAND_MS }),
      onProgress: ({ done: so, total }) => bar.show(so, total, 'commands'),
      signal,
      sites,
    })
    await writeFile(marker, '')
    return { commands: done, seconds: (performance.now() - started) / 1000 }
  } finally {
    bar.end()
  }
}
