import type { Pool } from 'pg'
import type { FleetKind } from '../../schemas/queries/fleet.ts'
import { epoch, type Position } from '../../schemas/position.ts'
import type { CheckpointWatch } from '../wait-for-position.ts'
import { aliasHistory } from './alias-history.ts'
import { countAliases } from './count-aliases.ts'
import { countAudit } from './count-audit.ts'
import { deviceSight } from './device-sight.ts'
import { getAlias } from './get-alias.ts'
import { getChannel } from './get-channel.ts'
import { getFleetThing } from './get-fleet-thing.ts'
import { getObservation } from './get-observation.ts'
import { getSyncManifest } from './get-sync-manifest.ts'
import { indexDiff } from './index-diff.ts'
import { indexVersions } from './index-versions.ts'
import { listAliases } from './list-aliases.ts'
import { listAudit } from './list-audit.ts'
import { listChannels } from './list-channels.ts'
import { type FleetListQuery, listFleetThings } from './list-fleet-things.ts'
import { listObservations } from './list-observations.ts'
import { observationSeries } from './observation-series.ts'
import { listSyncAcknowledgements } from './list-sync-acknowledgements.ts'
import { listSyncDevices } from './list-sync-devices.ts'
import { listSyncRequests } from './list-sync-requests.ts'
import { readFrom } from './read.ts'
import { resolveAlias } from './resolve-alias.ts'

/** The tables exist, but no projector has met the log yet. */
export class ReadModelUnavailable extends Error {
  override readonly name = 'ReadModelUnavailable'
}

/** All queries over Postgres, each with the signal that ends it: what the gateways ask. */
export class ReadModel {
  readonly #pool: Pool
  readonly #watch: CheckpointWatch

  constructor(pool: Pool, watch: CheckpointWatch) {
    this.#pool = pool
    this.#watch = watch
  }

  resolveAlias(query: Parameters<typeof resolveAlias>[1], signal: AbortSignal) {
    return resolveAlias(readFrom(this.#pool, signal), query)
  }

  getAlias(query: Parameters<typeof getAlias>[1], signal: AbortSignal) {
    return getAlias(readFrom(this.#pool, signal), query)
  }

  listAliases(query: Parameters<typeof listAliases>[1], signal: AbortSignal) {
    return listAliases(readFrom(this.#pool, signal), query)
  }

  aliasHistory(query: Parameters<typeof aliasHistory>[1], signal: AbortSignal) {
    return aliasHistory(readFrom(this.#pool, signal), query)
  }

  countAliases(query: Parameters<typeof countAliases>[1], signal: AbortSignal) {
    return countAliases(readFrom(this.#pool, signal), query)
  }

  listAudit(query: Parameters<typeof listAudit>[1], signal: AbortSignal) {
    return listAudit(readFrom(this.#pool, signal), query)
  }

  countAudit(query: Parameters<typeof countAudit>[1], signal: AbortSignal) {
    return countAudit(readFrom(this.#pool, signal), query)
  }

  getChannel(query: Parameters<typeof getChannel>[1], signal: AbortSignal) {
    return getChannel(readFrom(this.#pool, signal), query)
  }

  listChannels(query: Parameters<typeof listChannels>[1], signal: AbortSignal) {
    return listChannels(readFrom(this.#pool, signal), query)
  }

  getObservation(query: Parameters<typeof getObservation>[1], signal: AbortSignal) {
    return getObservation(readFrom(this.#pool, signal), query)
  }

  listObservations(query: Parameters<typeof listObservations>[1], signal: AbortSignal) {
    return listObservations(readFrom(this.#pool, signal), query)
  }

  observationSeries(query: Parameters<typeof observationSeries>[1], signal: AbortSignal) {
    return observationSeries(readFrom(this.#pool, signal), query)
  }

  getFleetThing<K extends FleetKind>(query: { readonly kind: K; readonly id: string }, signal: AbortSignal) {
    return getFleetThing(readFrom(this.#pool, signal), query)
  }

  listFleetThings<K extends FleetKind>(query: FleetListQuery<K>, signal: AbortSignal) {
    return listFleetThings(readFrom(this.#pool, signal), query)
  }

  deviceSight(query: Parameters<typeof deviceSight>[1], signal: AbortSignal) {
    return deviceSight(readFrom(this.#pool, signal), query)
  }

  indexVersions(query: Parameters<typeof indexVersions>[1], signal: AbortSignal) {
    return indexVersions(readFrom(this.#pool, signal), query)
  }

  /** @throws ReadModelUnavailable when the history has not come to the later version in time. */
  async indexDiff(query: Parameters<typeof indexDiff>[1], signal: AbortSignal) {
    const { epoch } = await this.position(signal, 'aliases')
    return indexDiff(readFrom(this.#pool, signal), query, async (sequence) => {
      const { reached } = await this.waitForPosition({ epoch, sequence }, signal, 'aliases')
      if (!reached) throw new ReadModelUnavailable(`the history of aliases has not come to ${sequence}`)
    })
  }

  listSyncRequests(query: Parameters<typeof listSyncRequests>[1], signal: AbortSignal) {
    return listSyncRequests(readFrom(this.#pool, signal), query)
  }

  listSyncAcknowledgements(query: Parameters<typeof listSyncAcknowledgements>[1], signal: AbortSignal) {
    return listSyncAcknowledgements(readFrom(this.#pool, signal), query)
  }

  getSyncManifest(query: Parameters<typeof getSyncManifest>[1], signal: AbortSignal) {
    return getSyncManifest(readFrom(this.#pool, signal), query)
  }

  listSyncDevices(query: Parameters<typeof listSyncDevices>[1], signal: AbortSignal) {
    return listSyncDevices(readFrom(this.#pool, signal), query)
  }

  /** How far the projector has come. @throws ReadModelUnavailable before it was first brought near the log. */
  async position(signal: AbortSignal, projector: string): Promise<Position> {
    const rows = await readFrom(this.#pool, signal)<{ epoch: string; position: string }>(
      'position of a projector',
      'select epoch, position from pharos.projection_checkpoints where projector = $1 and epoch is not null',
      [projector],
    )
    if (rows[0] === undefined) throw new ReadModelUnavailable(`the projector "${projector}" has not run yet`)
    return { epoch: epoch.parse(rows[0].epoch), sequence: Number(rows[0].position) }
  }

  /** Waits until the projector has come to `position`, or until `signal` aborts. `lag` is `null` in another epoch. */
  async waitForPosition(
    position: Position,
    signal: AbortSignal,
    projector: string,
  ): Promise<{ readonly reached: boolean; readonly lag: number | null }> {
    const result = await this.#watch.waitForPosition(projector, position, { signal })
    switch (result.status) {
      case 'reached':
        return { reached: true, lag: 0 }
      case 'timeout':
        return { reached: false, lag: result.lagEvents }
      case 'epoch-mismatch':
        return { reached: false, lag: null }
    }
  }
}
