#!/usr/bin/env node
import { Command } from 'commander'
import { isOfClosedPipe, watchPipes } from './closed-pipe.ts'
import { explain } from './failure.ts'
import { version } from './platform/version.ts'

/** Each is loaded when it is asked for: all of them together take longer than most of them work. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  alias: async () => (await import('./commands/alias.ts')).aliasCommand(),
  fleet: async () => (await import('./commands/fleet.ts')).fleetCommand(),
  device: async () => (await import('./commands/device.ts')).deviceCommand(),
  channel: async () => (await import('./commands/channel.ts')).channelCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  rebuild: async () => (await import('./commands/rebuild.ts')).rebuildCommand(),
  parked: async () => (await import('./commands/parked.ts')).parkedCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/restore.ts')).restoreCommand(),
  erase: async () => (await import('./commands/erase.ts')).eraseCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
}

const pharos = new Command('pharos')
  .description('One truth for a fleet: commands become events become tables')
  .version(version)
  .showHelpAfterError()

watchPipes()
try {
  const asked = process.argv[2] ?? ''
  const isVersion = asked === '--version' || asked === '-V'
  const wanted = isVersion ? [] : Object.hasOwn(commands, asked) ? [asked] : Object.keys(commands)
  for (const name of wanted) {
    const command = await commands[name]?.()
    if (command !== undefined) pharos.addCommand(command)
  }
  await pharos.parseAsync()
} catch (error) {
  if (!isOfClosedPipe(error)) {
    process.stderr.write(`pharos: ${explain(error)}\n`)
    process.exitCode = 1
  }
}
