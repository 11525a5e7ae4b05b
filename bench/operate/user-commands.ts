import { newUlid } from '../../schemas/new-ulid.ts'

/** A command about people; every other one is about somebody new, and has a key made. */
export interface UserCommand {
  readonly subject: string
  readonly body: string
}

/** Commands without end, by one sender: somebody is registered, then changed, then the next. */
export function userCommands(sender: string): () => UserCommand {
  let number = 0
  return () => {
    const userId = `${sender}-${number >> 1}`
    const isNew = number++ % 2 === 0
    const data = isNew
      ? { userId, companyId: 'c-1', name: `Person ${number} of the bench`, email: `person.${number}@example.com` }
      : { userId, phone: `+1 206 555 ${String(number % 10_000).padStart(4, '0')}` }
    const body = JSON.stringify({ commandId: newUlid(), data })
    return { subject: isNew ? 'cmd.user.register' : 'cmd.user.change', body }
  }
}
