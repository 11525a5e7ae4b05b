import { Command } from 'commander'
import { sendCommand } from '../alias/send-command.ts'

/** `pharos audit archive`: hides old entries from lists. Nothing is deleted, and `--archived` shows them. */
export function auditArchive(): Command {
  return new Command('archive')
    .description('hide all entries from before a time from lists; nothing is deleted')
    .argument('<before>', 'such as 2026-01-01T00:00:00Z')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json')
    .action(async (before: string, options: Readonly<Record<string, unknown>>) => {
      await sendCommand('audit.archive', { before }, options)
    })
}
