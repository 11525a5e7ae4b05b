import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { replayLog } from '../../gateways/cli/replay/replay-log.ts'
import { storedLine } from '../../gateways/cli/replay/stored-line.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { fillLog } from '../project/fill-log.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { rawReadSeconds } from './raw-read.ts'

/** `pharos replay --json` of the whole log into nothing, beside the client's own ordered consumer in turn. */
export const replayBench: Bench = {
  summary: 'replay of 200k events as NDJSON, beside a raw ordered consumer (BENCH_EVENTS for another number)',
  minutes: 10,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure({ connection }: Servers, { report, note, signal }: BenchContext): Promise<void> {
  const events = Math.ceil(wholeNumber('BENCH_EVENTS', 200_000) / 1000) * 1000
  const rounds = wholeNumber('BENCH_ROUNDS', 5)
  const log = await JetStreamEventStore.open(connection)
  note(`writing ${events} events`)
  await fillLog(log, events, signal)
  const seen: { readonly replay: number; readonly raw: number }[] = []
  for (let round = 1; round <= rounds; round++) {
    const raw = events / (await rawReadSeconds(connection, events))
    const replay = events / (await replaySeconds(log, events, signal))
    seen.push({ replay, raw })
    note(`round ${round} of ${rounds}: ${JSON.stringify(seen.at(-1))}`)
  }
  report({
    figure: 'replay.rate',
    value: median(seen.map((one) => one.replay)),
    unit: 'events/s',
    ceiling: median(seen.map((one) => one.raw)),
  })
}

async function replaySeconds(log: JetStreamEventStore, events: number, signal: AbortSignal): Promise<number> {
  const sink = createWriteStream('/dev/null')
  const filter = { subjects: [], types: [] }
  const started = performance.now()
  const written = await replayLog({ log, from: 1, until: events, filter, line: storedLine, sink, signal })
  if (written !== events) throw new Error(`replayed ${written} of ${events} events`)
  sink.end()
  await finished(sink)
  return (performance.now() - started) / 1000
}
