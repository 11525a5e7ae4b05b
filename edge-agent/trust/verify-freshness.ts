import { FRESHNESS_TYPE, type Freshness, freshness } from '../../schemas/device-sync/statements.ts'
import { parseSigned } from './parse-signed.ts'
import { Refusal } from './refusal.ts'
import { type PublicKeys, verifyJws } from './verify-jws.ts'

/** A device's clock may be wrong by so much, in milliseconds, without locking it out. */
export const CLOCK_ERROR_MS = 2 * 3_600_000

/**
 * That the manifest is the device's newest, by a statement that is valid now.
 * @param now epoch milliseconds, of the device's own clock.
 * @throws Refusal `signature`, `invalid`, `device` or `expired`.
 */
export async function verifyFreshness(
  jws: string,
  keys: PublicKeys,
  { deviceId, now }: { readonly deviceId: string; readonly now: number },
): Promise<Freshness> {
  const statement = parseSigned(await verifyJws(jws, keys, FRESHNESS_TYPE), freshness, 'freshness')
  if (statement.deviceId !== deviceId)
    throw new Refusal('device', `the freshness statement is for device ${statement.deviceId}`)
  const { issuedAt, expiresAt } = statement
  if (now > Date.parse(expiresAt) + CLOCK_ERROR_MS)
    throw new Refusal(
      'expired',
      `the freshness statement ran out at ${expiresAt}; it is ${new Date(now).toISOString()} here`,
    )
  if (now < Date.parse(issuedAt) - CLOCK_ERROR_MS)
    throw new Refusal(
      'expired',
      `the freshness statement is of ${issuedAt}, and here it is ${new Date(now).toISOString()}: the clock is wrong`,
    )
  return statement
}
