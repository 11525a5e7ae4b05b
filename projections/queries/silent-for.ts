/**
 * SQL condition over `credential` (device_credentials) and `said` (sync_devices): the device may come in, and has not
 * been as it should be for as long as the interval says. One that was given a credential since counts from there.
 */
export function silentFor(interval: string): string {
  return `credential.status = 'active' and credential.expires_at > now()
    and greatest(coalesce(said.last_good_at, credential.issued_at), credential.issued_at) < now() - ${interval}`
}
