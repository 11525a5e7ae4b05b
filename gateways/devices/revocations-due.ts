import type { EndedKey } from './credential-book.ts'

/** A server's clock may be behind by this much: a credential that has ended by ours may count there still. */
const SLACK_MS = 24 * 3_600_000

/** What NATS is to be told of public keys that do not count any more. */
export interface KeyRevocations {
  /** By public key, the second up to which credentials of it are void. */
  readonly revocations: Readonly<Record<string, number>>
  /** Credentials of this key have ended by themselves, so it need not be listed any more. */
  readonly forget: (publicKey: string) => boolean
  /** Epoch milliseconds. */
  readonly now: number
}

export function revocationsDue(ended: readonly EndedKey[], now: number): KeyRevocations {
  const isOver = ({ expiresAt }: EndedKey): boolean => expiresAt + SLACK_MS < now
  const over = new Set(ended.filter(isOver).map(({ publicKey }) => publicKey))
  const counting = ended.filter((key) => !isOver(key))
  return {
    // A credential is issued in the second of its event, and ends in that of a later one: rounded up, none slips through.
    revocations: Object.fromEntries(counting.map(({ publicKey, endedAt }) => [publicKey, Math.ceil(endedAt / 1000)])),
    forget: (publicKey) => over.has(publicKey),
    now,
  }
}
