import { ulid } from 'ulid'
import type { Write } from '../../commands/event-store.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import { aWrite } from '../commands/a-write.ts'

/** A write of an event of one user, as a command would make it. */
export function userWrite(
  type: `user.${string}`,
  data: { readonly userId: string } & Readonly<Record<string, unknown>>,
  expectedRevision = 0,
): Write {
  const write = aWrite(aggregateSubject('user', data.userId), expectedRevision, { data, messageId: ulid() })
  return { ...write, envelope: { ...write.envelope, type: `pharos.${type}.v1`, commanddigest: 'ab'.repeat(32) } }
}

export function registration(userId: string, name: string, email: string | null = null): Write {
  return userWrite('user.registered', { userId, companyId: 'c-1', name, email, phone: null })
}
