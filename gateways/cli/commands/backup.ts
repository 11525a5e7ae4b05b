import { Command } from 'commander'
import { backUp } from '../../../infra/backup/back-up.ts'
import { streams } from '../../../infra/streams.ts'
import { interruptSignal } from '../interrupt.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { startOrReachServers } from '../platform/start-or-reach-servers.ts'
import { ProgressBar } from '../tour/progress-bar.ts'

/** `pharos backup`: all streams and buckets into a directory, while the platform goes on. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('back up the log and everything else in NATS, while the platform goes on')
    .argument('<directory>', 'a new one; it appears when the backup is complete')
    .option('--json')
    .action(async (directory: string, { json }: { json?: true }) => {
      const signal = interruptSignal()
      await using servers = await startOrReachServers(signal)
      const connection = await connectNats(servers.natsUrl, 'pharos backup')
      const bar = new ProgressBar('backup', process.stderr)
      try {
        const manifest = await backUp({
          connection,
          streams,
          directory,
          signal,
          now: () => new Date(),
          onProgress: ({ stream, bytes, of }) => bar.show(bytes, Math.max(of, bytes), stream),
        })
        bar.end()
        const { epoch, sequence, createdAt } = manifest
        const bytes = manifest.streams.reduce((sum, stream) => sum + stream.bytes, 0)
        createOutput(json === true).result({ directory, createdAt, epoch, sequence, bytes }, () =>
          [
            `backed up to ${directory}: the log up to ${sequence} (epoch ${epoch}), ${bytes.toLocaleString('en')} bytes`,
            ...manifest.streams.map(({ config, state }) => `  ${config.name}: ${state.messages} messages`),
          ].join('\n'),
        )
      } finally {
        bar.end()
        await connection.close()
      }
    })
}
