import { Command } from 'commander'
import { auditVerify } from './audit/verify.ts'

/** `pharos audit …`: who did what, who was refused what, and the proof that nobody has touched the account of it. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('who did what, and who was refused what')
  for (const command of [auditVerify()]) audit.addCommand(command)
  return audit
}
