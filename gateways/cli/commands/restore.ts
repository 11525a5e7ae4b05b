import { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { fleetId } from '../../../schemas/fleet.ts'
import { NotEmpty, restore } from '../../../infra/backup/restore.ts'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { streams } from '../../../infra/streams.ts'
import { Failure } from '../failure.ts'
import { interruptSignal } from '../interrupt.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { configFromEnvironment } from '../platform/environment.ts'
import { masterKeysOf } from '../platform/master-keys.ts'
import { rebuildAll } from '../platform/rebuild-all.ts'
import { RepeatErasures } from '../platform/repeat-erasures.ts'
import { startOrReachServers } from '../platform/start-or-reach-servers.ts'
import { ProgressBar } from '../tour/progress-bar.ts'

interface Options {
  readonly replace?: true
  readonly rebuild: boolean
  readonly erased?: string
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
    .option('--erased <file>', 'ids of people to erase again, one a line, beside those whom this database knows')
    .option('--json')
    .action(async (directory: string, { replace, rebuild, erased, json }: Options) => {
      const signal = interruptSignal()
      const masterKeys = await masterKeysOf(configFromEnvironment())
      const persons = erased === undefined ? [] : await idsIn(erased)
      await using servers = await startOrReachServers(signal)
      const connection = await connectNats(servers.natsUrl, 'pharos restore')
      const bar = new ProgressBar('restore', process.stderr)
      try {
        const { databaseUrl } = servers
        const erasures = await RepeatErasures.over({
          connection,
          databaseUrl,
          masterKeys,
          persons,
          now: () => new Date(),
        })
        await erasures.note()
        const { manifest, epoch } = await restore({
          connection,
          streams,
          directory,
          replace: replace === true,
          signal,
          beforeUse: () => erasures.destroyKeys(),
          onProgress: ({ phase, bytes, of }) => bar.show(bytes, of, phase),
        }).catch((error: unknown) => {
          if (!(error instanceof NotEmpty)) throw error
          throw new Failure(`${error.message}. With --replace that is what happens`, { cause: error })
        })
        bar.end()
        await applyTopology(connection, streams)
        await erasures.tellLog()
        const bars = new Map<string, ProgressBar>()
        const rebuilt = rebuild
          ? await rebuildAll({
              connection,
              databaseUrl,
              masterKeys,
              signal,
              onProgress(projector, { phase, position, head }) {
                const progress = bars.get(projector) ?? new ProgressBar(`rebuild ${projector}`, process.stderr)
                bars.set(projector, progress)
                progress.show(position, head, phase)
                if (phase === 'done') progress.end()
              },
            })
          : []
        createOutput(json === true).result(
          { epoch, sequence: manifest.sequence, from: manifest.epoch, rebuilt, erased: erasures.count },
          () =>
            [
              `restored the log up to ${manifest.sequence} as of ${manifest.createdAt}; its epoch is ${epoch} now`,
              `${erasures.count} people are erased`,
              ...rebuilt.map((name) => `  ${name}: rebuilt`),
              'Processes that ran meanwhile must be started anew.',
            ].join('\n'),
        )
      } finally {
        bar.end()
        await connection.close()
      }
    })
}

/** @throws Failure that names the line which is no id. */
async function idsIn(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure(`--erased: ${file} cannot be read`, { cause })
  })
  const lines = text.split('\n').map((line) => line.trim())
  return lines.flatMap((line, i) => {
    if (line === '') return []
    const id = fleetId.safeParse(line)
    if (!id.success) throw new Failure(`--erased: line ${i + 1} of ${file} is no id of a person`)
    return [id.data]
  })
}
