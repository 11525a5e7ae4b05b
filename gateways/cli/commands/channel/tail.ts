import { Command } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeCursor } from '../../../../projections/queries/cursor.ts'
import type { ObservationView } from '../../../../schemas/queries/observation.ts'
import { createOutput } from '../../output.ts'
import { interruptSignal } from '../../interrupt.ts'
import { openClient } from '../../platform/open-client.ts'
import { ask } from './ask.ts'
import { findChannel } from './find-channel.ts'

const LOOK_MS = 500
const PAGE = 1000

interface Options {
  readonly lines: string
  readonly once?: true
  readonly json?: true
}

/** `pharos channel tail`: the newest observations, and then those that come. */
export function channelTail(): Command {
  return new Command('tail')
    .description('the newest observations of a channel, and then those that come, until Ctrl-C')
    .argument('<channel>', 'its UUID, or its name if no other has it')
    .option('-n, --lines <n>', 'begin with so many', '10')
    .option('--once', 'end there')
    .option('--json', 'each as a line of JSON')
    .action(tail)
}

async function tail(text: string, { lines, once, json }: Options): Promise<void> {
  const signal = interruptSignal()
  await using client = await openClient()
  const { uuid: channelId, unit } = await findChannel(client, text)
  const output = createOutput(json === true)
  const tell = (one: ObservationView): void =>
    output.result(one, () => `${one.ts}Z  ${one.value} ${unit ?? ''}`.trimEnd())
  const newest = await ask(client, 'observation.list', {
    channelId,
    order: 'newest',
    limit: Math.max(1, Number(lines)),
  })
  for (const one of newest.observations.toReversed()) tell(one)
  if (once === true) return
  // What came before the youngest of these was seen, or is older than what was asked for.
  let cursor = writeCursor([String(Math.max(0, ...newest.observations.map(({ id }) => id)))])
  while (!signal.aborted) {
    const page = await ask(client, 'observation.list', { channelId, order: 'arrival', cursor, limit: PAGE })
    for (const one of page.observations) tell(one)
    cursor = page.nextCursor ?? cursor
    if (page.observations.length < PAGE) await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}
