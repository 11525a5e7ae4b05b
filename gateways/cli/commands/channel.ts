import { Command } from 'commander'
import { channelChanges } from './channel/changes.ts'
import { channelImport } from './channel/import.ts'
import { channelReads } from './channel/reads.ts'
import { channelTail } from './channel/tail.ts'

/** `pharos channel …`: streams of observations, and what was observed. */
export function channelCommand(): Command {
  const channel = new Command('channel').description('channels: list, show, follow, import, register, describe, retire')
  for (const command of [...channelReads(), channelTail(), channelImport(), ...channelChanges()])
    channel.addCommand(command)
  return channel
}
