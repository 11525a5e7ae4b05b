import { isDeepStrictEqual } from 'node:util'
import { accountJwt, accountKey, type AccountName, type Revocations } from './account-claims.ts'
import type { AccountResolver } from './account-resolver.ts'
import type { NatsAuthority } from './nats-authority.ts'
import { decodeNatsJwt } from './nats-jwt.ts'

/** Changed on a running server; SYS never is. */
const KEPT = ['APP', 'DEVICES'] as const satisfies readonly AccountName[]
/** Two who replace a JWT at the same moment: the later one wins, the other looks again. */
const TRIES = 5

/**
 * Makes the server's accounts what this version wants, with at least these revocations. What the server has revoked
 * already stays revoked, whoever asked for it: so several processes may do this, and a restored log lets nobody in again.
 * @param forget revocations of credentials that have ended by themselves since, and need no line any more.
 * @returns the names of the accounts that were changed. What rejects is an outage, or a server that refuses.
 */
export async function keepAccounts(
  resolver: Pick<AccountResolver, 'lookup' | 'update'>,
  authority: NatsAuthority,
  wanted: { readonly revocations: Revocations; readonly forget: (publicKey: string) => boolean; readonly now: number },
): Promise<readonly AccountName[]> {
  const changed: AccountName[] = []
  for (const name of KEPT) {
    let tries = 0
    while (!(await isAsWanted())) {
      if (++tries > TRIES) throw new Error(`account ${name} does not become what it should be`)
      if (!changed.includes(name)) changed.push(name)
    }

    async function isAsWanted(): Promise<boolean> {
      const standing = await resolver.lookup(accountKey(authority, name))
      const { iat, nats } = standing === undefined ? { iat: 0, nats: {} } : decodeNatsJwt(standing)
      const revocations = name === 'DEVICES' ? union(revocationsOf(nats), wanted) : {}
      // As it would stand there had this been the one that made it.
      const same = decodeNatsJwt(accountJwt(authority, name, iat, revocations))
      if (isDeepStrictEqual(same.nats, nats)) return true
      // Issued in seconds, and only what is younger counts.
      const issuedAt = Math.max(Math.floor(wanted.now / 1000), iat + 1)
      await resolver.update(accountJwt(authority, name, issuedAt, revocations))
      return false
    }
  }
  return changed
}

function revocationsOf(nats: Readonly<Record<string, unknown>>): Revocations {
  const { revocations } = nats
  return typeof revocations === 'object' && revocations !== null ? (revocations as Revocations) : {}
}

function union(
  standing: Revocations,
  { revocations, forget }: { readonly revocations: Revocations; readonly forget: (publicKey: string) => boolean },
): Revocations {
  const all = new Map(Object.entries(standing).filter(([key]) => !forget(key)))
  for (const [key, at] of Object.entries(revocations)) all.set(key, Math.max(at, all.get(key) ?? 0))
  // In one order, so that the same set is the same text.
  return Object.fromEntries([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
