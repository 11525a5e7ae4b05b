import { Command } from 'commander'
import { auditArchive } from './audit/archive.ts'
import { auditExport } from './audit/export.ts'
import { auditLog } from './audit/log.ts'
import { auditVerify } from './audit/verify.ts'

/** `pharos audit …`: who did what, who was refused what, and the proof that nobody has touched the account of it. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('who did what, and who was refused what')
  for (const command of [auditLog(), auditVerify(), auditExport(), auditArchive()]) audit.addCommand(command)
  return audit
}
