import type { IndexStatus } from './index-status.ts'

/** The alias index is not in memory (yet), or not as new as was asked for. */
export class IndexNotReady extends Error {
  override readonly name = 'IndexNotReady'
  readonly status: IndexStatus

  constructor(status: IndexStatus, why: string) {
    const scopes = status.scopes.map(
      ({ scope, version, isThere, fault }) =>
        `${scope} ${isThere ? `at version ${version}` : 'not there'}${fault === undefined ? '' : ` (${fault.code}: ${fault.message})`}`,
    )
    super(`${why}: ${scopes.join(', ')}; ${status.isConnected ? 'connected' : 'not connected'} to NATS`)
    this.status = status
  }
}
