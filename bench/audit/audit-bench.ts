import { JetStreamEventLog } from '../../infra/jetstream/jetstream-event-log.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { verifyAudit } from '../../projections/audit/verify-audit.ts'
import type { EventLog } from '../../projections/event-log.ts'
import { audit } from '../../projections/tables/audit.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { fillLog } from '../project/fill-log.ts'
import { rebuildSeconds } from '../project/rebuild-seconds.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { rssGrowth } from './rss-growth.ts'

/**
 * Proves the audit of a million commands against the log. `audit.verify` is in seconds; its ceiling, the log read once
 * with nothing done about it. `audit.verify_rss_growth` is by what factor memory grew from the beginning to the end.
 */
export const auditBench: Bench = {
  summary: 'audit verify of 1M entries, beside a bare read of their log (BENCH_EVENTS for another number)',
  minutes: 20,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure({ connection, databaseUrl }: Servers, context: BenchContext): Promise<void> {
  const { report, note, signal } = context
  const events = Math.ceil(wholeNumber('BENCH_EVENTS', 1_000_000) / 1000) * 1000
  const log = await JetStreamEventLog.open(connection, 'EVENTS')
  note(`writing ${events} events`)
  await fillLog(await JetStreamEventStore.open(connection), events, signal)
  note(`projected in ${(await rebuildSeconds(audit, log, databaseUrl, context)).toFixed(1)} s`)
  const read = await rssGrowth(() => readThrough(log, events, signal))
  const verified = await rssGrowth(async () => {
    const result = await verifyAudit(audit, { database: { connectionString: databaseUrl }, log, signal })
    if (result.status !== 'intact' || result.entries !== events)
      throw new Error(`the audit is not what was written: ${JSON.stringify(result)}`)
  })
  report({ figure: 'audit.verify', value: verified.seconds, unit: 's', ceiling: read.seconds })
  report({ figure: 'audit.verify_rss_growth', value: verified.growth, unit: 'ratio', ceiling: 1 })
}

async function readThrough(log: EventLog, until: number, signal: AbortSignal): Promise<void> {
  let last = 0
  for await (const { sequence } of log.readAll({ fromSequence: 1, untilSequence: until, signal })) last = sequence
  if (last !== until) throw new Error(`the log ended at ${last}`)
}
