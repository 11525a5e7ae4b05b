import { Command } from 'commander'
import { JetStreamEventStore } from '../../../../infra/jetstream/jetstream-event-store.ts'
import { type AuditVerification, verifyAudit } from '../../../../projections/audit/verify-audit.ts'
import { audit, auditRefused } from '../../../../projections/tables/audit.ts'
import { Failure } from '../../failure.ts'
import { interruptSignal } from '../../interrupt.ts'
import { createOutput } from '../../output.ts'
import { connectNats } from '../../platform/connect-nats.ts'
import { openLogs } from '../../platform/logs.ts'
import { reachServers } from '../../platform/reach-servers.ts'
import { ProgressBar } from '../../tour/progress-bar.ts'

type Verified = AuditVerification & { readonly stream: 'EVENTS' | 'AUDIT' }

/** `pharos audit verify`: both chains, entry by entry, against the streams themselves. A broken one is exit code 1. */
export function auditVerify(): Command {
  return new Command('verify')
    .description('prove that the audit is what the log says: no entry changed, missing or added')
    .option('--json')
    .action(async ({ json }: { json?: true }) => {
      const signal = interruptSignal()
      const { natsUrl, databaseUrl } = await reachServers()
      const connection = await connectNats(natsUrl, 'pharos audit')
      const verified: Verified[] = []
      try {
        // As it is stored: no key is needed.
        const logs = await openLogs(connection, await JetStreamEventStore.open(connection))
        for (const [stream, projector, log] of [
          ['EVENTS', audit, logs.sealed],
          ['AUDIT', auditRefused, logs.audit],
        ] as const) {
          const bar = new ProgressBar(`verify ${stream}`, process.stderr)
          const result = await verifyAudit(projector, {
            database: { connectionString: databaseUrl },
            log,
            signal,
            onProgress: (position, end) => bar.show(position, end),
          }).finally(() => bar.end())
          verified.push({ stream, ...result })
        }
      } finally {
        await connection.close()
      }
      createOutput(json === true).result(verified, () => verified.map(tell).join('\n'))
      const broken = verified.filter(({ status }) => status === 'broken')
      if (broken.length > 0) throw new Failure(`the audit is broken: ${broken.map(({ stream }) => stream).join(', ')}`)
    })
}

function tell(result: Verified): string {
  const { stream, entries } = result
  if (result.status === 'intact')
    return `${stream}: ${entries} entries, unbroken up to position ${result.position}; last hash ${result.hash}`
  const after = `after ${entries} entries as they should be`
  switch (result.fault) {
    case 'changed':
      return `${stream}: the entry at position ${result.position} was changed (${result.fields.join(', ')}), ${after}`
    case 'missing':
      return `${stream}: the entry at position ${result.position} is missing, ${after}`
    case 'added':
      return `${stream}: the entry at position ${result.position} was added, ${after}`
  }
}
