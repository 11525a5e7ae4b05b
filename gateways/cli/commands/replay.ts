import { Command } from 'commander'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { interruptSignal } from '../interrupt.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { reachServers } from '../platform/reach-servers.ts'
import { parseEventType } from '../../../schemas/envelope.ts'

interface Options {
  readonly from: number
  readonly to?: number
  readonly subject?: string
  readonly json?: true
}

/** `pharos replay`: the log itself, from a position to a position, for people or as NDJSON. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('print events of the log, oldest first')
    .option('--from <sequence>', 'first sequence', sequence, 1)
    .option('--to <sequence>', 'last sequence; the end of the log if left out', sequence)
    .option('--subject <filter>', 'only of these aggregates: evt.alias.site.KSEA.>')
    .option('--json', 'whole events, one JSON object a line')
    .action(async ({ from, to, subject, json }: Options) => {
      const signal = interruptSignal()
      const { natsUrl } = await reachServers()
      const connection = await connectNats(natsUrl, 'pharos replay')
      try {
        const store = await JetStreamEventStore.open(connection)
        const untilSequence = to ?? (await store.head()).sequence
        const output = createOutput(json === true)
        const filter = subject === undefined ? {} : { subjects: [subject] }
        for await (const event of store.readAll({ fromSequence: from, untilSequence, signal, ...filter })) {
          const { time, actor, type, data } = event.envelope
          output.result(
            event,
            () =>
              `${event.sequence}  ${time}  ${actor}  ${parseEventType(type).name}  ${event.subject}  ${JSON.stringify(data)}`,
          )
          if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once('drain', resolve))
        }
      } finally {
        await connection.close()
      }
    })
}

function sequence(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`"${text}" is not a sequence: a whole number, at least 1`)
  return value
}
