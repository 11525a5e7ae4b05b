import { registerAlias } from '../commands/register-alias.ts'
import { newUlid } from '../../schemas/new-ulid.ts'

/** Whom they work for: many, since a company that is referred to is looked after by whoever does. */
const COMPANIES = 64

/** A command as it is sent. */
export interface OperateCommand {
  readonly subject: string
  readonly body: string
}

/** About an alias that nobody has. */
export function aliasCommand(): OperateCommand {
  return { subject: 'cmd.alias.register', body: JSON.stringify(registerAlias()) }
}

/** What must be there before. */
export function companyCommands(): readonly OperateCommand[] {
  return Array.from({ length: COMPANIES }, (_, i) => ({
    subject: 'cmd.company.register',
    body: JSON.stringify({ commandId: newUlid(), data: { companyId: `c-${i}`, name: `Company ${i}` } }),
  }))
}

/** Commands without end, by one sender: somebody is registered, then changed, then the next. */
export function userCommands(sender: string): () => OperateCommand {
  let number = 0
  return () => {
    const userId = `${sender}-${number >> 1}`
    const isNew = number++ % 2 === 0
    const data = isNew
      ? {
          userId,
          companyId: `c-${number % COMPANIES}`,
          name: `Person ${number} of the bench`,
          email: `person.${number}@example.com`,
        }
      : { userId, phone: `+1 206 555 ${String(number % 10_000).padStart(4, '0')}` }
    const body = JSON.stringify({ commandId: newUlid(), data })
    return { subject: isNew ? 'cmd.user.register' : 'cmd.user.change', body }
  }
}
