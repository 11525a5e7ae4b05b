import { Command } from 'commander'
import { z } from 'zod'
import { Backoff } from '../../../../projections/backoff.ts'
import { type AliasEvent, aliasEventData } from '../../../../schemas/events/alias.ts'
import { formatScopeText } from '../../../../schemas/http/format-scope-text.ts'
import type { Scope } from '../../../../schemas/scope.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { openRest } from '../../platform/open-rest.ts'
import { parseScope } from '../../scope-argument.ts'
import { type SentEvent, sseEvents } from '../../sse-events.ts'
import { tellEvent } from './tell-event.ts'

interface Options {
  readonly scope?: Scope
  readonly after?: string
  readonly json?: true
}

/** Nothing happens to the alias of the slot: that is of no use to people. */
const TYPES = Object.keys(aliasEventData).filter((type) => type !== 'alias.look-alikes-changed')
/** After so long without an answer whoever watches is told to give up, in milliseconds. */
const PATIENCE_MS = 120_000
const [FIRST_MS, MOST_MS] = [500, 10_000]

const sent = z.looseObject({ type: z.string(), time: z.string(), actor: z.string(), data: z.unknown() })

/** `pharos alias watch`: what happens to names, as it happens, until it is interrupted. */
export function aliasWatch(): Command {
  return new Command('watch')
    .description('what happens to aliases, as it happens; Ctrl-C ends it')
    .option(
      '--scope <scope>',
      'only there: global, site:KSEA (with its nodes), node:KSEA/tower or context:frontend',
      parseScope,
    )
    .option('--after <position>', 'from there on, as shown when a watch ends; from now on if left out')
    .option('--json', 'each event as one line of JSON')
    .action(watch)
}

/** Goes on where it was when the connection breaks: nothing is missed, and nothing told twice. */
async function watch({ scope, after, json }: Options): Promise<void> {
  const signal = interruptSignal()
  const output = createOutput(json === true)
  const backoff = new Backoff(FIRST_MS, MOST_MS)
  let [at, heardAt] = [after, Date.now()]
  let [isConnected, wasConnected] = [false, false]
  const take = ({ id, type, data }: SentEvent): void => {
    heardAt = Date.now()
    if (!isConnected && json !== true)
      output.note(`watching ${scope === undefined ? 'all scopes' : formatScopeText(scope)}`)
    if (!isConnected) backoff.reset()
    isConnected = wasConnected = true
    if (data !== undefined && type !== 'end') output.result(JSON.parse(data), () => told(data))
    at = id ?? at
  }
  for (;;) {
    try {
      for await (const event of connect(scope, at, signal)) take(event)
    } catch (error) {
      if (!signal.aborted && (!wasConnected || Date.now() - heardAt > PATIENCE_MS)) throw error
    }
    if (signal.aborted) break
    if (isConnected) output.note('cut off; trying to go on')
    isConnected = false
    await backoff.wait(signal)
  }
  if (json !== true && at !== undefined) output.note(`ended; go on with --after ${at}`)
}

async function* connect(
  scope: Scope | undefined,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<SentEvent, void> {
  const query = new URLSearchParams({
    type: TYPES.join(','),
    ...(scope === undefined ? {} : { scope: formatScopeText(scope) }),
    ...(after === undefined ? {} : { after }),
  })
  // A new one each time: its token is good for an hour, and a stream ends with it.
  const rest = await openRest()
  const { body } = await rest.send(`/api/events?${query.toString()}`, {
    headers: { accept: 'text/event-stream' },
    signal,
  })
  if (body === null) throw new Failure('the stream of events has no body')
  yield* sseEvents(body)
}

function told(text: string): string {
  const { type, time, actor, data } = sent.parse(JSON.parse(text))
  // An event of newer code is told by its name.
  const shapes: Readonly<Record<string, z.ZodType | undefined>> = aliasEventData
  const known = shapes[type]?.safeParse(data)
  const what = known?.success === true ? tellEvent({ type, data: known.data } as AliasEvent) : type
  return `${time}  ${what}  by ${actor}`
}
