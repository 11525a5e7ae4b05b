import { Command } from 'commander'
import { NotEmpty, restore } from '../../../infra/backup/restore.ts'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { streams } from '../../../infra/streams.ts'
import { rebuildProjector } from '../../../projections/rebuild.ts'
import { Failure } from '../failure.ts'
import { interruptSignal } from '../interrupt.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { projectors } from '../platform/projectors.ts'
import { startOrReachServers } from '../platform/start-or-reach-servers.ts'
import { ProgressBar } from '../tour/progress-bar.ts'

interface Options {
  readonly replace?: true
  readonly rebuild: boolean
  readonly json?: true
}

/** `pharos restore`: the streams as a backup has them, as a new epoch, and every projection anew from them. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('bring NATS to what a backup holds, as a new epoch, and rebuild every projection')
    .argument('<directory>', 'as "pharos backup" made it')
    .option('--replace', 'delete what this installation holds; running processes must be started anew')
    .option(
      '--no-rebuild',
      'leave the tables: they are not ready until "pharos rebuild" or this command has rebuilt them',
    )
    .option('--json')
    .action(async (directory: string, { replace, rebuild, json }: Options) => {
      const signal = interruptSignal()
      await using servers = await startOrReachServers(signal)
      const connection = await connectNats(servers.natsUrl, 'pharos restore')
      const bar = new ProgressBar('restore', process.stderr)
      try {
        const { manifest, epoch } = await restore({
          connection,
          streams,
          directory,
          replace: replace === true,
          signal,
          onProgress: ({ phase, bytes, of }) => bar.show(bytes, of, phase),
        }).catch((error: unknown) => {
          if (!(error instanceof NotEmpty)) throw error
          throw new Failure(`${error.message}. With --replace that is what happens`, { cause: error })
        })
        bar.end()
        await applyTopology(connection, streams)
        const rebuilt = rebuild ? await rebuildAll(servers.databaseUrl, await JetStreamEventStore.open(connection)) : []
        createOutput(json === true).result({ epoch, sequence: manifest.sequence, from: manifest.epoch, rebuilt }, () =>
          [
            `restored the log up to ${manifest.sequence} as of ${manifest.createdAt}; its epoch is ${epoch} now`,
            ...rebuilt.map((name) => `  ${name}: rebuilt`),
            'Processes that ran meanwhile must be started anew.',
          ].join('\n'),
        )
      } finally {
        bar.end()
        await connection.close()
      }

      async function rebuildAll(databaseUrl: string, log: JetStreamEventStore): Promise<readonly string[]> {
        const database = { connectionString: databaseUrl }
        await migrate(database)
        for (const projector of projectors) {
          const progress = new ProgressBar(`rebuild ${projector.name}`, process.stderr)
          const result = await rebuildProjector(projector, {
            database,
            log,
            signal,
            // What stands is of another life of the log: nothing to compare with.
            acceptDifferences: true,
            onProgress: ({ phase, position, head }) => progress.show(position, head, phase),
          })
          progress.end()
          if (result.status !== 'swapped') throw new Failure(`${projector.name} was not rebuilt: ${result.status}`)
        }
        return projectors.map(({ name }) => name)
      }
    })
}
