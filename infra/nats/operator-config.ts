import { accountJwt, accountKey, ACCOUNTS } from './account-claims.ts'
import { decodeNatsJwt } from './nats-jwt.ts'
import type { NatsAuthority } from './nats-authority.ts'

/**
 * What makes a nats-server one of operator mode: who the operator is, and where it keeps the accounts' JWTs. Those
 * in here are for a server that has none yet: what it was told later counts, and what it was told survives in `accountsDir`.
 */
export function operatorConfig(authority: NatsAuthority, accountsDir: string): string {
  // As old as the operator, and so always the same: a server keeps the younger of two.
  const { iat } = decodeNatsJwt(authority.operatorJwt)
  // A server of a cluster that was away when a device was revoked lets it in until it has compared its accounts with the
  // others', which it does at each interval: a hash, a message.
  return [
    `operator: ${authority.operatorJwt}`,
    `system_account: ${authority.system}`,
    `resolver: { type: full, dir: ${JSON.stringify(accountsDir)}, allow_delete: false, interval: "1s" }`,
    'resolver_preload: {',
    ...ACCOUNTS.map((name) => `  ${accountKey(authority, name)}: ${accountJwt(authority, name, iat)}`),
    '}',
    '',
  ].join('\n')
}
