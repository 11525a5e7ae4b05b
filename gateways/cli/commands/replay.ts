import { Command } from 'commander'
import { openLogHistory } from '../../../infra/jetstream/jetstream-log-history.ts'
import { parseEventType, type RecordedEvent } from '../../../schemas/envelope.ts'
import { interruptSignal } from '../interrupt.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { openLog } from '../platform/open-log.ts'
import { reachServers } from '../platform/reach-servers.ts'
import { logPlace } from '../replay/log-place.ts'
import { replayLog } from '../replay/replay-log.ts'
import { storedLine } from '../replay/stored-line.ts'
import { ProgressBar } from '../tour/progress-bar.ts'

interface Options {
  readonly from: string
  readonly to?: string
  readonly subject: readonly string[]
  readonly type: readonly string[]
  readonly actor?: string
  readonly command?: string
  readonly json?: true
}

const PLACE = 'a sequence, a position, or a time (RFC 3339)'

/** `pharos replay`: the log itself, from one place to another, for people or as NDJSON. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('print events of the log, oldest first')
    .option('--from <place>', `first event: ${PLACE}`, '1')
    .option('--to <place>', `last event: ${PLACE}; the end of the log if left out`)
    .option('--subject <filter>', 'only of these aggregates: evt.alias.site.KSEA.> (repeatable)', collect, [])
    .option('--type <name>', 'only events of this name: alias.registered (repeatable)', collect, [])
    .option('--actor <id>', 'only what this actor did')
    .option('--command <id>', 'only what this command did')
    .option('--json', 'whole events, one JSON object a line')
    .action(async ({ from, to, subject, type, actor, command, json }: Options) => {
      const signal = interruptSignal()
      const { natsUrl } = await reachServers()
      const connection = await connectNats(natsUrl, 'pharos replay')
      // Beside lines on the same terminal a bar would only be in their way.
      const bar = process.stderr.isTTY && !process.stdout.isTTY ? new ProgressBar('replay', process.stderr) : undefined
      try {
        const store = await openLog(connection)
        const log = await openLogHistory(store, connection)
        const head = await log.head()
        const first = await logPlace(log, from, 'first', { head, signal })
        const until = to === undefined ? head.sequence : await logPlace(log, to, 'last', { head, signal })
        await replayLog({
          log: store,
          from: first,
          until: Math.min(until, head.sequence),
          filter: { subjects: subject, types: type, actor, command },
          line: json === true ? storedLine : humane,
          sink: process.stdout,
          signal,
          onProgress: (sequence) => bar?.show(sequence - first + 1, until - first + 1),
        })
      } finally {
        bar?.end()
        await connection.close()
      }
    })
}

function humane({ sequence, subject, envelope: { time, actor, type, data } }: RecordedEvent): string {
  return `${sequence}  ${time}  ${actor}  ${parseEventType(type).name}  ${subject}  ${JSON.stringify(data)}`
}

function collect(text: string, known: readonly string[]): readonly string[] {
  return [...known, text]
}
