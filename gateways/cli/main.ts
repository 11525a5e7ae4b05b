#!/usr/bin/env node
import { Command } from 'commander'
import { aliasCommand } from './commands/alias.ts'
import { auditCommand } from './commands/audit.ts'
import { channelCommand } from './commands/channel.ts'
import { backupCommand } from './commands/backup.ts'
import { deviceCommand } from './commands/device.ts'
import { eraseCommand } from './commands/erase.ts'
import { fleetCommand } from './commands/fleet.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { parkedCommand } from './commands/parked.ts'
import { rebuildCommand } from './commands/rebuild.ts'
import { replayCommand } from './commands/replay.ts'
import { restoreCommand } from './commands/restore.ts'
import { serveCommand } from './commands/serve.ts'
import { tokenCommand } from './commands/token.ts'
import { upCommand } from './commands/up.ts'
import { explain } from './failure.ts'
import { version } from './platform/version.ts'

const pharos = new Command('pharos')
  .description('One truth for a fleet: commands become events become tables')
  .version(version)
  .showHelpAfterError()
  .addCommand(upCommand())
  .addCommand(serveCommand())
  .addCommand(migrateCommand())
  .addCommand(aliasCommand())
  .addCommand(fleetCommand())
  .addCommand(deviceCommand())
  .addCommand(channelCommand())
  .addCommand(auditCommand())
  .addCommand(replayCommand())
  .addCommand(rebuildCommand())
  .addCommand(parkedCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand())
  .addCommand(eraseCommand())
  .addCommand(keysCommand())
  .addCommand(tokenCommand())

try {
  await pharos.parseAsync()
} catch (error) {
  process.stderr.write(`pharos: ${explain(error)}\n`)
  process.exitCode = 1
}
