import { Command } from 'commander'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { streamsFor } from '../../../infra/streams.ts'
import { Failure } from '../failure.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { configFromEnvironment } from '../platform/environment.ts'
import { reachServers } from '../platform/reach-servers.ts'

/** `pharos migrate`: brings Postgres and the streams to what this version wants. Safe to run again. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('apply database migrations and the stream topology')
    .option('--json')
    .action(async ({ json }: { json?: true }) => {
      const { natsUrl, databaseUrl } = await reachServers()
      const migrations = await migrate({ connectionString: databaseUrl })
      const connection = await connectNats(natsUrl, 'pharos migrate')
      try {
        const applied = await applyTopology(connection, streamsFor(configFromEnvironment()))
        createOutput(json === true).result({ migrations, streams: applied }, () =>
          [
            ...(migrations.length === 0
              ? ['database: up to date']
              : migrations.map((name) => `database: applied ${name}`)),
            ...applied.map(({ stream, status }) => `stream ${stream}: ${status}`),
          ].join('\n'),
        )
        const refused = applied.filter((one) => one.status === 'refused')
        if (refused.length > 0)
          throw new Failure(refused.map(({ stream, reason }) => `stream ${stream}: ${reason}`).join('\n'))
      } finally {
        await connection.close()
      }
    })
}
